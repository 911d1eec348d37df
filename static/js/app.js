// Starts every part of the interface; each does nothing on pages that lack what it is about.
import "./live.js";
import "./commands.js";
import "./list.js";
import "./composer.js";
import "./drafts.js";
import "./attaching.js";
import "./suggestion.js";
import "./viewed.js";
import "./active.js";
import "./ghost.js";
import "./answers.js";
import "./pickers.js";
import "./palette.js";
import "./help.js";
import "./refresh.js";
import "./annotate.js";
import "./page.js";
import { listen } from "./keys.js";

listen();
