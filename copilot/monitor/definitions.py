"""The figures in plain words, with formula and source, as the Method page lists them. Data, nothing else."""

from typing import NamedTuple


class Definition(NamedTuple):
    """One figure: what it says, how it is computed, and where that comes from."""

    name: str
    words: str
    formula: str = ""
    source: str = ""


class Section(NamedTuple):
    name: str
    definitions: tuple[Definition, ...]


SECTIONS = (
    Section(
        "What is counted",
        (
            Definition(
                "Turn",
                "The customer's messages since the last reply, and the reply that answers them. It counts on the "
                "day of its newest message, in this installation's time zone, under the agent who replied within 7 "
                "days; agents stand in the figures by a hash.",
            ),
            Definition(
                "Cell",
                "What became of a turn, in exactly one word: failed, withheld, switched off, held out, waiting, no "
                "reply within 7 days, sent as it stands, sent with edits, inserted and removed, dismissed, late, on"
                " the page, seen and not used, never on a screen.",
                "the cells sum to the turns; the page Adoption says so, or that they do not",
            ),
            Definition(
                "Seen",
                "Half of the card or more was in sight for one second, with the tab in front.",
                "IntersectionObserver >= 0.5 for >= 1 s and the page visible",
            ),
            Definition(
                "Late",
                "The agent had written 20 characters, or sent the reply, before the card was there. That is the "
                "latency's failure and not the suggestion's. What they used or dismissed all the same is in the share "
                "that came late, what they saw and left in what acceptance is taken of.",
                "came late: (late + late but acted on) / offered and answered",
            ),
            Definition(
                "Offered share",
                "Of the turns that were not switched off, those for which an answer was found, shown or held out, "
                "whether or not somebody has replied yet.",
                "1 - (withheld + failed) / (turns - switched off)",
            ),
            Definition(
                "Acceptance",
                "Counted in four ways side by side, because each alone can be made to look good: as it stands of "
                "those seen, half or more kept of those seen, sent or edited of those shown, and half or more kept "
                "of all that were answered.",
                "verbatim / seen; (verbatim + edited with R >= 0.5) / seen; (verbatim + edited) / shown; the second"
                " over all",
            ),
            Definition(
                "In sight",
                "Of the suggestions that were on the page of who replied, those that were seen.",
                "seen / shown",
            ),
            Definition(
                "Not from the card",
                "Replies that match an offered suggestion which was not inserted: written alike, or taken from an "
                "agent's own notes, which often have the same source. They are matches, and no use of the card.",
                "matches not inserted / matches of offered suggestions",
            ),
            Definition(
                "Weeks with suggestions",
                "How long ago an agent first had a suggestion on the page, in weeks. Agents learn, so that acceptance "
                "by week mixes what they learned with what changed.",
            ),
            Definition(
                "How far agents differ",
                "Agents in four groups of five or more, by what they take, beside what chance makes of agents who are "
                "all alike. Nobody is shown alone, and nobody is ranked.",
                "binomial draws at the rate of all, grouped in the same way",
            ),
        ),
    ),
    Section(
        "How a reply compares with a suggestion",
        (
            Definition(
                "Normal form",
                "Quoted thread, signature, greeting and closing are taken off, variables filled in, links made "
                "canonical, case and blanks unified. Digits are kept.",
            ),
            Definition(
                "Exact, near, retained, semantic",
                "The four kinds of a match, in the order in which they are decided: equal in normal form; alike "
                "letter by letter; half of the suggestion's words kept in runs of three or more; alike in meaning "
                "by each language's floor, chosen on 300 labelled pairs or more and judged by others, as said above.",
                "Levenshtein 1 - d/max(|s|,|r|) >= 0.90; R = sum |block| / |s| >= 0.5; closeness >= floor",
                "Levenshtein 1966; blocks by longest common subsequence",
            ),
            Definition(
                "Conflict",
                "As similar as a match, but another number, amount, date, time, link, name, negation or obligation "
                "on either side, or a word whose opposite stands in its place. Never a match; labeling asks about it "
                "first.",
            ),
            Definition(
                "Match rate",
                "Of turns with a suggestion's text and a reply of at least eight words of its own within 7 days, those "
                "that match. A reply in other words is none until a worker has looked at its meaning. Offered ones are "
                "use, since who sees a text writes like it; only held-out ones bound accuracy from below.",
                "MR = (exact + near + retained + semantic) / all six kinds",
            ),
            Definition(
                "Text kept",
                "Of suggestions that were inserted and sent: the share of each that is in the reply, and the share of "
                "the reply that came from it. Characters kept are counted of the same suggestions, per turn that came "
                "in. An edit of greeting, closing or signature is none.",
                "R = sum |block| / |s|, A = sum |block| / |r|; blocks of three words or more",
            ),
            Definition(
                "Sent though wrong",
                "Inserted suggestions whose reply matches them and which blind labels call wrong: what agents take "
                "over without noticing.",
                "labels weighted, of all offered and of the wrong ones",
            ),
            Definition(
                "Survival",
                "How much of the wording is left when the reply is sent, and after a correction within 24 hours.",
                "equal runs of four words / all runs on both sides",
                "as VS Code computes it",
            ),
            Definition(
                "Correction",
                "Another reply within 24 hours after one that used the suggestion, which says that the first was "
                "wrong, or states a fact otherwise in a sentence about the same thing. New information corrects "
                "nothing.",
            ),
        ),
    ),
    Section(
        "How sure a figure is",
        (
            Definition(
                "Interval of a share",
                "Replies of one agent resemble each other, so they are worth fewer. Taken as independent, 95 % "
                "intervals would cover 31 to 54 %.",
                "v = sum u_g² / (1 - w_g), u_g = (k_g - p n_g)/n; n_eff = p(1-p)/v · (1.96/t_df)²; Wilson on (p "
                "n_eff, n_eff)",
                "Wilson 1927; Bell and McCaffrey 2002",
            ),
            Definition(
                "Few agents",
                "Below eight the variance is hardly known: Clopper and Pearson's interval on the effective rows. Where "
                "all turns are alike it is not known at all: they are taken at the last known design effect, or each "
                "agent counts once. Below five agents or five turns nothing is shown.",
                "",
                "Clopper and Pearson 1934",
            ),
            Definition(
                "Share of labels",
                "Judged turns count by the inverse of their chance to be drawn and judged, so that a week that is half "
                "judged weighs as others do, and for what they are worth together; who replied is the cluster, as of "
                "any share. Right of matches is the precision (PPV), right of the rest the share that is right though "
                "something else was sent (FOR).",
                "p = sum y/π / sum 1/π; n = (sum 1/π)² / sum 1/π²",
                "Hájek 1971; Kish 1965",
            ),
            Definition(
                "Agreement of two judges",
                "One drawn turn in ten, left to chance, is judged by a second person, who is not told what the first "
                "said. Counted are turns of which both could say yes or no, one by one, who replied as the cluster; "
                "what is doubtful is drawn more often, so that of all turns judges would agree on more. Kappa falls "
                "where nearly all is right though judges are as careful, AC1 does not: read both. Where judges "
                "differ, a suggestion is half right.",
                "(p_o - p_e) / (1 - p_e); kappa: p_e = sum p_c q_c; AC1: p_e = sum s_c (1 - s_c) / (k - 1), s_c = "
                "(p_c + q_c) / 2, k = 2",
                "Cohen 1960; Gwet 2008",
            ),
            Definition(
                "Influence",
                "By how much showing a suggestion changes what is sent, within the weeks and releases in which both "
                "arms have turns: what share is held out changes, and so do weeks. Replayed history is left out.",
                "sum w (MR_offered - MR_held out) / sum w, w = n_1 n_0 / (n_1 + n_0); agents as clusters (CR2)",
                "Mantel and Haenszel 1959; Bell and McCaffrey 2002",
            ),
            Definition(
                "Accuracy's lower bound",
                "Held-out matches that are right are right suggestions; the rest is not counted. Labels of matches are "
                "few, so their limit is one that few rows hold.",
                "L(MR) · L(PPV), each at half of the error; L(PPV) of Clopper and Pearson on the effective labels",
                "Bonferroni; Clopper and Pearson 1934",
            ),
            Definition(
                "Corrected accuracy",
                "People label a random sample with known chances; the match kind of all others makes the estimate "
                "sharper. With fewer than 100 labels Wilson on the labels alone.",
                "θ = λ mean_N(f) + mean_n(y - λf), λ = Cov(y,f) / ((1 + n/N) Var f)",
                "Angelopoulos, Duchi and Zrnic 2023 (PPI++)",
            ),
            Definition(
                "Estimate without labels (CBPE)",
                "The mean calibrated confidence of what was offered. True only while the confidence is calibrated: an "
                "alert says where it parts from the corrected accuracy of the same weeks, the labelled ones.",
                "mean p; ECE = sum n_b/n |acc_b - conf_b| beside its value for a perfect model",
                "NannyML; Naeini 2015",
            ),
            Definition(
                "Looking every day",
                "Who looks daily at ordinary intervals and stops at a win is wrong in 30 % of experiments. These "
                "hold at all times at once.",
                "equation 9",
                "Waudby-Smith and others 2024, arXiv 2103.06476",
            ),
            Definition(
                "Decay alarm",
                "An answer's match rate in the last 1, 2, 4 or 8 weeks against the half year before, within each "
                "agent and arm, so that neither who is away nor how arms are mixed makes a fall. It must be 10 "
                "points or more, and still be there without the agent who fell most. How it did on invented "
                "worlds is in a table below.",
                "exact: P(sum of hypergeometric <= seen) <= 0.2 / (365 · answers · 4): one false alarm in five "
                "years",
                "Cochran 1954; Mantel and Haenszel 1959; Bonferroni over looks",
            ),
            Definition(
                "Drift",
                "Whether what comes in has changed since the release began, the same weekdays of both, beside what "
                "chance does; information, until it costs accuracy. Lengths and confidences are compared in tenths of "
                "the reference, values of which fewer than five are expected together. By chance must stay unlikely "
                "both that turns and that whole days make as much of it.",
                "PSI = sum (c - r) ln(c/r), half a row added; limit χ²_(B-1, 0.99) (1/n + 1/m); days dealt out anew "
                "2,000 times; L∞ = max |c - r|",
                "Yurdakul and Naranjo 2020; Phipson and Smyth 2010",
            ),
            Definition(
                "Products named",
                "A question counts once, under the first product, plan or feature of the catalogue (the names in "
                "/admin/, which also decide a conflict) that it names: by the whole name, in any case, or by a word of "
                "it that no other name has, with its capital and inside a sentence. What is misspelt is not seen.",
            ),
            Definition(
                "Templates",
                "Of the replies that are compared, those that are nearly word for word what was suggested, seen or "
                "not, or any other answer that was approved by then. Facts may differ: filling one in leaves a "
                "template a template. Questions of customers are not looked at.",
                "Levenshtein 1 - d/max(|s|,|r|) >= 0.90 of the bodies in normal form",
            ),
            Definition(
                "Second reply within a day",
                "Of cases replied to: a reply followed another one within 24 hours, with no word of the customer "
                "between. It may correct the first or add to it. Whether it corrects is known only where something was "
                "suggested; this is counted in all variants alike.",
            ),
            Definition(
                "Wrong replies, judged blind",
                "Of an experiment's turns with a suggestion, shown or hidden, how many replies people call wrong who "
                "are not told which text was sent. A random sample is judged, each turn with the weight of all it "
                "stands for. More wrong replies where suggestions are shown mean that agents trust them too much.",
                "weights 1/π; the interval may be looked at every day, agents as clusters (CR2)",
                "Hájek 1971",
            ),
            Definition(
                "Unseen",
                "A question farther from the middle of every topic than 99 of 100 of the live release's first four "
                "weeks were, each left out of its own topic's middle. One in 100 is chance.",
                "1 - max cos(question, middle) > the 99th percentile of the first weeks' own",
            ),
            Definition(
                "Risk of a floor",
                "Of what would pass a floor, the share that is wrong, told by replies to texts that nobody saw. Turns "
                "above and below today's floor are told by different replies, so each side has a limit of its own. The "
                "line holds at all 20 floors at once, so that the lowest under a wanted risk may be chosen.",
                "sum W_s U_s; U of Clopper and Pearson on n / deff at error 0.05 / (20 · sides)",
                "Clopper and Pearson 1934; Bonferroni",
            ),
            Definition(
                "Median and 90 % of times",
                "Read from a histogram of 64 steps of ln seconds, within a step as if spread evenly. Agents are drawn "
                "anew with all their cases, and the draws' variance makes the interval.",
                "q ± t_df sd(q of draws) sqrt(G / (G - 1)), of two arms their difference",
                "Efron 1979; Field and Welsh 2007",
            ),
            Definition(
                "Effect of an experiment",
                "Mean log of active seconds, adjusted by what was known before; agents as clusters. Hidden if the "
                "arms' sizes are not as configured. A week counts once its cases have had seven days, and seven more "
                "to come back. Until the planned cases are there the interval is one that may be looked at every day; "
                "then it is the ordinary one of these cases, which later ones no longer change.",
                "e^δ - 1; Y - θ(X - mean X); log BF of the sizes <= ln 1000",
                "Deng 2013 (CUPED); Lindon and Malek 2020",
            ),
            Definition(
                "Effect where seen (CACE)",
                "Many cases get a suggestion that nobody looks at, and these thin the effect of offering. This is the "
                "effect on cases whose reader saw the suggestion because it was offered, as if none of the others were "
                "there. Seen counts before the first reply for the time to it, else before the case is closed. It "
                "takes that a suggestion nobody saw changes nothing. Where the share seen is not surely 10 points "
                "above the other variant's, whatever is wrong with the effect would be multiplied by ten or more, and "
                "none is told.",
                "CACE = (mean_T y - mean_C y) / (mean_T d - mean_C d), d = 1 if seen; interval: all c with "
                "|mean_T(y - c d) - mean_C(y - c d)| <= t SE, agents as clusters (CR2)",
                "Angrist, Imbens and Rubin 1996; Anderson and Rubin 1949; Fieller 1954",
            ),
            Definition(
                "What an experiment can see",
                "The least effect that it finds in 80 % of such experiments with the cases it has, and how many cases "
                "it takes for one that is worth knowing; with what agents' differences cost so far.",
                "δ = (z_0.975 + z_0.8) sd sqrt((1/s_1 + 1/s_2) deff / n)",
                "Cohen 1988",
            ),
            Definition(
                "p by permutations",
                "With fewer than ten agents: the chance of so large an effect if the arm did nothing. Each agent's "
                "difference keeps or changes its sign, in all ways; where agents were assigned, they are dealt out "
                "anew in all ways.",
                "p = ways with |δ| at least as large / all ways; five agents can't give less than 2/32",
                "Fisher 1935",
            ),
        ),
    ),
)

PITFALLS = (
    (
        "Shown text causes sent text",
        "A high match rate of offered suggestions is no accuracy. Read the held-out arm.",
    ),
    ("Easy turns are accepted", "Compare over all turns, not over those that got a suggestion."),
    (
        "Agents can be wrong too",
        "A match says that a reply is the same, not that it is true; labels say that.",
    ),
    ("Small groups", "Five turns of one agent are one opinion. Below five agents nothing is shown."),
    ("The newest days", "Replies still come in: the last week changes for seven more days."),
    (
        "Versions in one line",
        "Another release or match version can move a line. Promotions are marked over time (r7: release 7 became "
        "live), each row of a file names its version, and figures can be asked for of one release.",
    ),
    (
        "Replayed history",
        "What was suggested afterwards, by a release trained on it, flatters. It is marked on Accuracy; "
        "Influence, Today's match rate and its alert, experiments, Floors and Drift leave it out.",
    ),
    ("A mix that changes", "A total can fall though no topic does. Look at the topics before believing it."),
    ("Erased texts", "Counts stay; edits and conflicts of erased replies can't be read again."),
    (
        "Never a target",
        "A figure that people are judged by stops telling the truth. No page ranks agents; each reads their own alone.",
    ),
)
