"""The database notes which days' figures have to be made anew, with whatever changes them."""

from django.db import migrations

TURNS = ("copilot_suggestionevent", "copilot_exposure", "copilot_followup", "copilot_withheldtext")
CASES = (
    "copilot_assignment", "helpdesk_activetime", "helpdesk_caseevent", "helpdesk_reply",
    "helpdesk_satisfactionrating",
)  # fmt: skip

# Each is run once a statement and sees all of its rows. A match of a version that is not current is in no figure; when
# another one becomes current, all days are rolled.
FUNCTIONS = """
CREATE FUNCTION copilot_touch_suggestions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO copilot_touch (at) SELECT DISTINCT date_bin('15 minutes', created_at, 'epoch') FROM changed;
    RETURN NULL;
END $$;
CREATE FUNCTION copilot_touch_turns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO copilot_touch (at) SELECT DISTINCT date_bin('15 minutes', created_at, 'epoch')
    FROM copilot_suggestion WHERE id IN (SELECT suggestion_id FROM changed);
    RETURN NULL;
END $$;
CREATE FUNCTION copilot_touch_matched_turns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO copilot_touch (at) SELECT DISTINCT date_bin('15 minutes', created_at, 'epoch')
    FROM copilot_suggestion WHERE id IN (
        SELECT suggestion_id FROM changed
        WHERE version_id IN (SELECT id FROM copilot_matchversion WHERE is_current));
    RETURN NULL;
END $$;
CREATE FUNCTION copilot_touch_cases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO copilot_touch (at) SELECT DISTINCT date_bin('15 minutes', created_at, 'epoch')
    FROM helpdesk_case WHERE id IN (SELECT case_id FROM changed);
    RETURN NULL;
END $$;
CREATE FUNCTION copilot_touch_changed_cases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO copilot_touch (at) SELECT date_bin('15 minutes', created_at, 'epoch')
    FROM helpdesk_case WHERE id IN (SELECT case_id FROM changed)
    UNION SELECT date_bin('15 minutes', at, 'epoch') FROM changed;
    RETURN NULL;
END $$;
CREATE FUNCTION copilot_touch_merged_cases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO copilot_touch (at) SELECT DISTINCT date_bin('15 minutes', created_at, 'epoch')
    FROM helpdesk_case WHERE id IN (SELECT kept_id FROM changed UNION SELECT merged_id FROM changed);
    RETURN NULL;
END $$;
CREATE FUNCTION copilot_touch_renamed_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO copilot_touch (at) SELECT date_bin('15 minutes', NEW.created_at, 'epoch')
    UNION SELECT date_bin('15 minutes', created_at, 'epoch') FROM copilot_suggestion WHERE case_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER touches_days AFTER UPDATE OF language, channel ON helpdesk_case FOR EACH ROW
    WHEN (OLD.language <> NEW.language OR OLD.channel <> NEW.channel) EXECUTE FUNCTION copilot_touch_renamed_case();
CREATE TRIGGER touches_day_before AFTER UPDATE ON copilot_suggestion REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION copilot_touch_suggestions();
"""
NO_FUNCTIONS = """
DROP TRIGGER touches_day_before ON copilot_suggestion;
DROP TRIGGER touches_days ON helpdesk_case;
DROP FUNCTION copilot_touch_renamed_case;
DROP FUNCTION copilot_touch_merged_cases;
DROP FUNCTION copilot_touch_changed_cases;
DROP FUNCTION copilot_touch_cases;
DROP FUNCTION copilot_touch_matched_turns;
DROP FUNCTION copilot_touch_turns;
DROP FUNCTION copilot_touch_suggestions;
"""


def watching(table: str, function: str) -> migrations.RunSQL:
    """Return what has every statement that changes a table note the days of its rows."""
    made = [
        f"CREATE TRIGGER touches_day_{act.lower()} AFTER {act} ON {table} REFERENCING {rows} TABLE AS changed "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        for act, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ]
    undone = [f"DROP TRIGGER touches_day_{act} ON {table}" for act in ("insert", "update", "delete")]
    return migrations.RunSQL(made, undone)


OPERATIONS = [
    migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
    watching("copilot_suggestion", "copilot_touch_suggestions"),
    *[watching(table, "copilot_touch_turns") for table in TURNS],
    watching("copilot_match", "copilot_touch_matched_turns"),
    *[watching(table, "copilot_touch_cases") for table in CASES],
    watching("helpdesk_statuschange", "copilot_touch_changed_cases"),
    watching("helpdesk_casemerge", "copilot_touch_merged_cases"),
]
