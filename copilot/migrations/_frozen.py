"""What may never change, so that nobody doubts afterwards what was compared: the database refuses it.

What a simulation has started can be removed with it; all other experiments stay once they were started.
"""

from django.db import migrations

# Of an append-only row only the person may be taken out, when that person's account is deleted: the columns named.
GUARDS = """
CREATE FUNCTION copilot_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    people text[] := coalesce(TG_ARGV, '{}');
BEGIN
    IF to_jsonb(NEW) - people <> to_jsonb(OLD) - people
       OR EXISTS (SELECT FROM unnest(people) AS person
                  WHERE to_jsonb(NEW) ->> person IS NOT NULL
                  AND to_jsonb(NEW) ->> person IS DISTINCT FROM to_jsonb(OLD) ->> person) THEN
        RAISE EXCEPTION '% is append-only: row % can not be changed', TG_TABLE_NAME, to_jsonb(OLD)
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assignment_append_only BEFORE UPDATE ON copilot_assignment
    FOR EACH ROW EXECUTE FUNCTION copilot_refuse_change();
CREATE TRIGGER exposure_append_only BEFORE UPDATE ON copilot_exposure
    FOR EACH ROW EXECUTE FUNCTION copilot_refuse_change('agent_id');
CREATE TRIGGER contamination_append_only BEFORE UPDATE ON copilot_contamination
    FOR EACH ROW EXECUTE FUNCTION copilot_refuse_change('agent_id');
CREATE TRIGGER suggestion_event_append_only BEFORE UPDATE ON copilot_suggestionevent
    FOR EACH ROW EXECUTE FUNCTION copilot_refuse_change('actor_id');

CREATE FUNCTION copilot_guard_experiment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    people text[] := ARRAY['made_by_id', 'started_by_id', 'ended_by_id'];
    ending text[] := ARRAY['state', 'ended_by_id', 'ended_at', 'end_reason'];
BEGIN
    IF TG_OP = 'DELETE' AND OLD.salt LIKE 'simulated-%' THEN
        RETURN OLD;  -- its cases were removed before
    ELSIF OLD.state <> 'draft' THEN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'experiment % was started: it can not be deleted', OLD.id
                USING ERRCODE = 'integrity_constraint_violation';
        ELSIF OLD.state = 'running' AND NEW.state = 'ended' THEN
            people := people || ending;
        END IF;
        IF to_jsonb(NEW) - people <> to_jsonb(OLD) - people THEN
            RAISE EXCEPTION 'experiment % was started: it can not be changed, make a new one', OLD.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    ELSIF TG_OP = 'UPDATE' AND NEW.state <> 'draft' THEN
        IF (SELECT count(*) < 2 OR sum(share) <> 1000000 FROM copilot_variant WHERE experiment_id = OLD.id) THEN
            RAISE EXCEPTION 'experiment % needs two variants or more, whose shares sum to a million', OLD.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.unit <> 'case' AND EXISTS (SELECT FROM copilot_variant WHERE experiment_id = OLD.id
                                          AND (arm = 'off' OR release_id IS NOT NULL)) THEN
            RAISE EXCEPTION 'experiment % divides agents: its variants offer or shadow, by the live release', OLD.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER experiment_frozen BEFORE UPDATE OR DELETE ON copilot_experiment
    FOR EACH ROW EXECUTE FUNCTION copilot_guard_experiment();

CREATE FUNCTION copilot_guard_variant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    experiments bigint[] := ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.experiment_id END,
                                  CASE WHEN TG_OP <> 'DELETE' THEN NEW.experiment_id END];
BEGIN
    -- Locked first and read then, so that a start at the same moment is waited for.
    IF (SELECT bool_or(state <> 'draft' AND NOT (TG_OP = 'DELETE' AND salt LIKE 'simulated-%'))
        FROM (SELECT state, salt FROM copilot_experiment WHERE id = ANY(experiments) FOR SHARE) AS locked) THEN
        RAISE EXCEPTION 'the experiment was started: its variants can not be changed, make a new one'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER variant_frozen BEFORE INSERT OR UPDATE OR DELETE ON copilot_variant
    FOR EACH ROW EXECUTE FUNCTION copilot_guard_variant();
"""
NO_GUARDS = """
DROP TRIGGER variant_frozen ON copilot_variant;
DROP FUNCTION copilot_guard_variant;
DROP TRIGGER experiment_frozen ON copilot_experiment;
DROP FUNCTION copilot_guard_experiment;
DROP TRIGGER suggestion_event_append_only ON copilot_suggestionevent;
DROP TRIGGER contamination_append_only ON copilot_contamination;
DROP TRIGGER exposure_append_only ON copilot_exposure;
DROP TRIGGER assignment_append_only ON copilot_assignment;
DROP FUNCTION copilot_refuse_change;
"""

OPERATIONS = [migrations.RunSQL(GUARDS, NO_GUARDS)]
