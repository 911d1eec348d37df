"""What a simulation has started can be removed with it; all other experiments stay once they were started."""

from django.db import migrations

GUARDS = """
CREATE OR REPLACE FUNCTION copilot_guard_experiment() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION copilot_guard_variant() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""
GUARDS_BEFORE = """
CREATE OR REPLACE FUNCTION copilot_guard_experiment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    people text[] := ARRAY['made_by_id', 'started_by_id', 'ended_by_id'];
    ending text[] := ARRAY['state', 'ended_by_id', 'ended_at', 'end_reason'];
BEGIN
    IF OLD.state <> 'draft' THEN
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

CREATE OR REPLACE FUNCTION copilot_guard_variant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    experiments bigint[] := ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.experiment_id END,
                                  CASE WHEN TG_OP <> 'DELETE' THEN NEW.experiment_id END];
BEGIN
    -- Locked first and read then, so that a start at the same moment is waited for.
    IF (SELECT bool_or(state <> 'draft')
        FROM (SELECT state FROM copilot_experiment WHERE id = ANY(experiments) FOR SHARE) AS locked) THEN
        RAISE EXCEPTION 'the experiment was started: its variants can not be changed, make a new one'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("copilot", "0029_kinds_by_week")]
    operations = [migrations.RunSQL(GUARDS, GUARDS_BEFORE)]
