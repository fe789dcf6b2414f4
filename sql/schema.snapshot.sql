--
-- PostgreSQL database dump
--

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: lastgood; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA lastgood;

--
-- Name: SCHEMA lastgood; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON SCHEMA lastgood IS 'lastgood: knows when the last good backup was. Start at system_status.';

--
-- Name: lastgood_report; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA lastgood_report;

--
-- Name: SCHEMA lastgood_report; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON SCHEMA lastgood_report IS 'The two functions that backup scripts call; the only schema of lastgood for a search_path.';

--
-- Name: clock(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.clock() RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN (NULLIF(current_setting('lastgood.fake_now'::text, true), ''::text) IS NULL) THEN statement_timestamp()
             WHEN ( SELECT pg_has_role(SESSION_USER, n.nspowner, 'member'::text) AS pg_has_role
                FROM pg_namespace n
               WHERE (n.nspname = 'lastgood'::name)) THEN (current_setting('lastgood.fake_now'::text, true))::timestamp with time zone
             ELSE statement_timestamp()
         END AS statement_timestamp;
END;

--
-- Name: FUNCTION clock(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.clock() IS 'Now, or lastgood.fake_now where a member of the owner has set it.';

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: audit_log; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.audit_log (
    audit_log_id bigint NOT NULL,
    log_time timestamp with time zone NOT NULL,
    log_type integer NOT NULL,
    log_type_name text NOT NULL,
    severity smallint NOT NULL,
    message text NOT NULL,
    fqdn text COLLATE pg_catalog."C",
    scope text COLLATE pg_catalog."C",
    deleted boolean DEFAULT false NOT NULL,
    origin text DEFAULT 'lastgood'::text NOT NULL,
    done_at timestamp with time zone,
    run_id text,
    event_id uuid,
    backup_id bigint,
    log_path text,
    arrived_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    reported_by text DEFAULT SESSION_USER NOT NULL,
    reported_as text DEFAULT NULLIF(current_setting('role'::text), 'none'::text),
    client_addr inet DEFAULT inet_client_addr(),
    awaits_system boolean DEFAULT false NOT NULL,
    last_seen_at timestamp with time zone,
    ended_at timestamp with time zone,
    dismissed_by text,
    dismissed_until timestamp with time zone,
    CONSTRAINT dismissal_names_who_and_until_when CHECK (((dismissed_by IS NULL) = (dismissed_until IS NULL))),
    CONSTRAINT report_names_system_and_scope CHECK (((done_at IS NULL) OR ((fqdn IS NOT NULL) AND (scope IS NOT NULL))))
);

--
-- Name: TABLE audit_log; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.audit_log IS 'Every event: reports, alerts and changes. Live alerts have severity 10 and are not deleted.';

--
-- Name: COLUMN audit_log.log_time; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.log_time IS 'When it happened; for a report done_at, or its arrival where done_at lay in the future.';

--
-- Name: COLUMN audit_log.log_type; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.log_type IS 'Type of the event, see event_type.';

--
-- Name: COLUMN audit_log.severity; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.severity IS '0 normal, 1 warning, 2 error, 10 alert.';

--
-- Name: COLUMN audit_log.deleted; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.deleted IS 'For an alert: whether it has ended.';

--
-- Name: COLUMN audit_log.done_at; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.done_at IS 'For a report: the time it gave; else null.';

--
-- Name: COLUMN audit_log.run_id; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.run_id IS 'Which run the report belongs to, if it said so.';

--
-- Name: COLUMN audit_log.event_id; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.event_id IS 'Unique id that a helper stamped; replays are found by it.';

--
-- Name: COLUMN audit_log.backup_id; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.backup_id IS 'The backup of lastgood that the report is about.';

--
-- Name: COLUMN audit_log.arrived_at; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.arrived_at IS 'When the event was recorded.';

--
-- Name: COLUMN audit_log.reported_by; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.reported_by IS 'session_user of who reported.';

--
-- Name: COLUMN audit_log.reported_as; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.reported_as IS 'The role that was set when it was reported, if any.';

--
-- Name: COLUMN audit_log.awaits_system; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.awaits_system IS 'Whether its system was not known when it arrived and is still to be registered.';

--
-- Name: COLUMN audit_log.last_seen_at; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.last_seen_at IS 'For an alert: when a check last saw its condition.';

--
-- Name: COLUMN audit_log.ended_at; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.ended_at IS 'For an alert: when its condition was seen to have ended.';

--
-- Name: COLUMN audit_log.dismissed_by; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.dismissed_by IS 'For an alert: who hides it from people.';

--
-- Name: COLUMN audit_log.dismissed_until; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.audit_log.dismissed_until IS 'For an alert: until when it is hidden.';

--
-- Name: event_type; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.event_type (
    log_type integer NOT NULL,
    log_type_name text NOT NULL,
    severity smallint NOT NULL,
    description text NOT NULL,
    CONSTRAINT severity_is_known CHECK ((severity = ANY (ARRAY[0, 1, 2, 10])))
);

--
-- Name: TABLE event_type; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.event_type IS 'Types of events with their names and severities.';

--
-- Name: add_audit_event(integer, text, text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.add_audit_event(p_log_type integer, p_message text, p_fqdn text DEFAULT NULL::text, p_scope text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO lastgood.audit_log (log_time, log_type, log_type_name, severity, message, fqdn, scope)  SELECT lastgood.clock() AS clock,
             t.log_type,
             t.log_type_name,
             t.severity,
             add_audit_event.p_message AS p_message,
             add_audit_event.p_fqdn AS p_fqdn,
             add_audit_event.p_scope AS p_scope
            FROM lastgood.event_type t
           WHERE (t.log_type = add_audit_event.p_log_type)
   RETURNING audit_log.audit_log_id;
END;

--
-- Name: FUNCTION add_audit_event(p_log_type integer, p_message text, p_fqdn text, p_scope text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.add_audit_event(p_log_type integer, p_message text, p_fqdn text, p_scope text) IS 'Writes an audit event of a known type that is not a report; returns its id.';

--
-- Name: add_system(text, text[], interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.add_system(p_fqdn text, p_required_scopes text[] DEFAULT NULL::text[], p_alert_after interval DEFAULT NULL::interval) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    SET lock_timeout TO '5s'
    AS $$
declare
  v_system_id bigint;
begin
  if p_fqdn is null or char_length(p_fqdn) > 255 then
    raise exception 'a system needs a name of at most 255 characters'
      using errcode = 'LG006', hint = 'Use the name with which it reports, its fqdn.';
  end if;
  -- Reports that would register it, or one of its bucket of names, leave that to the next check.
  perform pg_advisory_xact_lock('lastgood.system'::regclass::integer, hashtext(p_fqdn) & 63);
  insert into lastgood.system (fqdn)
  values (p_fqdn)
  on conflict do nothing
  returning system_id into v_system_id;
  if v_system_id is not null then
    perform lastgood.add_audit_event(
      9111, format('%s added system "%s".', session_user, p_fqdn), p_fqdn
    );
  end if;
  if p_required_scopes is not null then
    perform lastgood.set_required_scopes(p_fqdn, p_required_scopes);
  end if;
  if p_alert_after is not null then
    perform lastgood.set_alert_after(p_fqdn, p_alert_after);
  end if;
  perform lastgood.settle_live_alerts(array[p_fqdn]);
  perform lastgood.settle_live_alerts(null);
  return lastgood.find_system(p_fqdn);
end;
$$;

--
-- Name: FUNCTION add_system(p_fqdn text, p_required_scopes text[], p_alert_after interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.add_system(p_fqdn text, p_required_scopes text[], p_alert_after interval) IS 'Watches a system from now on; returns its id. Null scopes or period follow the config.';

--
-- Name: config_key; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.config_key (
    name text NOT NULL,
    type text NOT NULL,
    valid_values text,
    default_value text NOT NULL,
    description text NOT NULL,
    CONSTRAINT config_type_is_known CHECK ((type = ANY (ARRAY['Integer'::text, 'String'::text, 'Boolean'::text, 'ScopeList'::text, 'Url'::text])))
);

--
-- Name: TABLE config_key; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.config_key IS 'Config keys as sql/config.sql describes them.';

--
-- Name: config_value; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.config_value (
    name text NOT NULL,
    value text NOT NULL,
    set_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    set_by text DEFAULT SESSION_USER NOT NULL
);

--
-- Name: TABLE config_value; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.config_value IS 'Config values that were set; change them with set_config_value.';

--
-- Name: backup_config; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.backup_config AS
 SELECT k.name,
    COALESCE(v.value, k.default_value) AS value,
    k.type,
    k.valid_values,
    k.default_value,
    (COALESCE(v.value, k.default_value) = k.default_value) AS is_default,
    k.description,
    v.set_at,
    v.set_by
   FROM (lastgood.config_key k
     LEFT JOIN lastgood.config_value v ON ((v.name = k.name)));

--
-- Name: VIEW backup_config; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.backup_config IS 'Every config key with its value, type, valid values, default, description, and who set it when.';

--
-- Name: engine_backup_log; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.engine_backup_log (
    scope text NOT NULL COLLATE pg_catalog."C",
    done_at timestamp with time zone NOT NULL,
    is_passed boolean NOT NULL,
    output_message text NOT NULL,
    fqdn text NOT NULL COLLATE pg_catalog."C",
    log_path text NOT NULL,
    audit_log_id bigint NOT NULL,
    counts_from timestamp with time zone NOT NULL,
    run_id text,
    backup_id bigint,
    CONSTRAINT attempt_counts_no_later_than_it_ended CHECK ((counts_from <= done_at))
);

--
-- Name: TABLE engine_backup_log; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.engine_backup_log IS 'Attempts that ended, good or bad, as oVirt''s table of that name; starts are in audit_log.';

--
-- Name: COLUMN engine_backup_log.audit_log_id; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.engine_backup_log.audit_log_id IS 'The event that reported it.';

--
-- Name: COLUMN engine_backup_log.counts_from; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.engine_backup_log.counts_from IS 'When it counts from: done_at, but never later than its arrival.';

--
-- Name: last_check; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.last_check (
    is_only_row boolean DEFAULT true NOT NULL,
    checked_at timestamp with time zone,
    CONSTRAINT last_check_has_one_row CHECK (is_only_row)
);

--
-- Name: TABLE last_check; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.last_check IS 'One row: when a freshness check last ran to its end.';

--
-- Name: setting; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.setting AS
 SELECT lastgood.clock() AS now,
    regexp_split_to_array(max(c.value) FILTER (WHERE (c.name = 'BackupRequiredScopes'::text)), ','::text) AS required_scopes,
    make_interval(days => (max(c.value) FILTER (WHERE (c.name = 'BackupAlertPeriodInDays'::text)))::integer) AS alert_after,
    make_interval(hours => (max(c.value) FILTER (WHERE (c.name = 'BackupStuckAfterHours'::text)))::integer) AS stuck_after,
    (max(c.value) FILTER (WHERE (c.name = 'BackupFailingAfterAttempts'::text)))::integer AS failing_after,
    (max(c.value) FILTER (WHERE (c.name = 'BackupRequiredProofLevel'::text)))::integer AS proof_level,
    make_interval(hours => (max(c.value) FILTER (WHERE ((c.name = 'BackupCheckPeriodInHours'::text) AND (c.value <> '-1'::text))))::integer) AS check_period,
    ( SELECT l.checked_at
           FROM lastgood.last_check l) AS last_check_at
   FROM ( SELECT k.name,
            COALESCE(v.value, k.default_value) AS value
           FROM (lastgood.config_key k
             LEFT JOIN lastgood.config_value v ON ((v.name = k.name)))) c;

--
-- Name: VIEW setting; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.setting IS 'One row: now, when a check last ran, and the config of the verdict as typed columns; check_period is null while checking is off.';

--
-- Name: system; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.system (
    system_id bigint NOT NULL,
    fqdn text NOT NULL COLLATE pg_catalog."C",
    required_scopes text[],
    alert_after interval,
    reporters text[],
    is_self_registered boolean DEFAULT false NOT NULL,
    registered_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    registered_by text DEFAULT SESSION_USER NOT NULL,
    retired_at timestamp with time zone,
    CONSTRAINT alert_period_is_positive CHECK ((alert_after > '00:00:00'::interval)),
    CONSTRAINT reporters_are_named CHECK ((cardinality(reporters) > 0)),
    CONSTRAINT system_name_fits CHECK ((char_length(fqdn) <= 255)),
    CONSTRAINT system_needs_at_least_one_scope CHECK ((cardinality(required_scopes) > 0))
);

--
-- Name: TABLE system; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.system IS 'Systems that are watched; change them with the functions only.';

--
-- Name: COLUMN system.required_scopes; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.system.required_scopes IS 'Scopes that together make a full backup; null follows BackupRequiredScopes.';

--
-- Name: COLUMN system.alert_after; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.system.alert_after IS 'How old the full backup may be; null follows BackupAlertPeriodInDays.';

--
-- Name: COLUMN system.reporters; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.system.reporters IS 'Roles that may report; null means every reporter.';

--
-- Name: COLUMN system.is_self_registered; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.system.is_self_registered IS 'Whether its first report made it known.';

--
-- Name: COLUMN system.retired_at; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.system.retired_at IS 'Since when it is no longer watched, or null.';

--
-- Name: watched_scope; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.watched_scope AS
 WITH setting AS MATERIALIZED (
         SELECT s.required_scopes,
            s.alert_after
           FROM lastgood.setting s
        )
 SELECT s.fqdn,
    required.scope,
    true AS is_required,
    COALESCE(s.alert_after, setting.alert_after) AS alert_after
   FROM ((setting
     CROSS JOIN lastgood.system s)
     CROSS JOIN LATERAL unnest(COALESCE(s.required_scopes, setting.required_scopes)) WITH ORDINALITY required(scope, place))
  WHERE ((s.retired_at IS NULL) AND (required.place = array_position(COALESCE(s.required_scopes, setting.required_scopes), required.scope)))
UNION ALL
 SELECT s.fqdn,
    seen.scope,
    false AS is_required,
    COALESCE(s.alert_after, setting.alert_after) AS alert_after
   FROM ((setting
     CROSS JOIN lastgood.system s)
     CROSS JOIN LATERAL ( WITH RECURSIVE reported(scope) AS (
                 SELECT min(a.scope) AS min
                   FROM lastgood.audit_log a
                  WHERE ((a.fqdn = s.fqdn) AND (a.done_at IS NOT NULL))
                UNION ALL
                 SELECT ( SELECT min(a.scope) AS min
                           FROM lastgood.audit_log a
                          WHERE ((a.fqdn = s.fqdn) AND (a.done_at IS NOT NULL) AND (a.scope > r_1.scope))) AS min
                   FROM reported r_1
                  WHERE (r_1.scope IS NOT NULL)
                )
         SELECT r.scope
           FROM reported r
          WHERE (r.scope IS NOT NULL)) seen)
  WHERE ((s.retired_at IS NULL) AND (array_position(COALESCE(s.required_scopes, setting.required_scopes), seen.scope) IS NULL));

--
-- Name: VIEW watched_scope; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.watched_scope IS 'Every required or reported scope of every watched system, and how old its backup may be.';

--
-- Name: backup_status; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.backup_status AS
 WITH setting AS MATERIALIZED (
         SELECT s.now,
            s.stuck_after,
            s.failing_after,
            s.proof_level
           FROM lastgood.setting s
        )
 SELECT judged.fqdn,
    judged.scope,
    judged.is_required,
        CASE
            WHEN (good.at IS NULL) THEN 'missing'::text
            WHEN ((setting.now - good.at) > judged.alert_after) THEN 'outdated'::text
            ELSE 'ok'::text
        END AS state,
        CASE
            WHEN ((setting.now - answer.open_start_at) > setting.stuck_after) THEN 'stuck'::text
            WHEN answer.is_failing THEN 'failing'::text
            WHEN (answer.open_start_at IS NOT NULL) THEN 'running'::text
            ELSE 'idle'::text
        END AS activity,
    good.at AS last_success_at,
    (setting.now - good.at) AS age,
    answer.attempt_at AS last_attempt_at,
    answer.is_passed AS last_attempt_passed,
    answer.open_start_at AS running_since,
        CASE
            WHEN (good.at IS NOT NULL) THEN 0
            ELSE NULL::integer
        END AS proof_level,
    judged.alert_after
   FROM ((((setting
     CROSS JOIN lastgood.watched_scope judged)
     LEFT JOIN LATERAL (( SELECT a.log_type,
            a.log_time,
            a.run_id
           FROM lastgood.audit_log a
          WHERE ((a.fqdn = judged.fqdn) AND (a.scope = judged.scope) AND (a.done_at IS NOT NULL) AND (a.log_time >= (setting.now - LEAST(judged.alert_after, '100 years'::interval))))
          ORDER BY a.log_time DESC, a.log_type DESC
         LIMIT 1)
        UNION ALL
        ( SELECT a.log_type,
            a.log_time,
            a.run_id
           FROM lastgood.audit_log a
          WHERE ((a.fqdn = judged.fqdn) AND (a.scope = judged.scope) AND (a.done_at IS NOT NULL))
          ORDER BY a.log_time DESC, a.log_type DESC
         LIMIT 1)
 LIMIT 1) newest ON (true))
     LEFT JOIN LATERAL ( SELECT newest.log_time AS attempt_at,
            true AS is_passed,
            newest.log_time AS success_at,
            NULL::timestamp with time zone AS open_start_at,
            false AS is_failing
          WHERE ((newest.log_type = 9025) AND (newest.run_id IS NULL))
        UNION ALL
         SELECT attempt.at,
            attempt.is_passed,
                CASE
                    WHEN attempt.is_passed THEN attempt.at
                    ELSE fallback.at
                END AS at,
            open_start.at,
            failing.is_so
           FROM ((((( SELECT) further
             LEFT JOIN LATERAL ( SELECT newest.log_time AS at,
                    (newest.log_type = 9025) AS is_passed
                  WHERE (newest.log_type <> 9024)
                UNION ALL
                ( SELECT a.log_time,
                    (a.log_type = 9025)
                   FROM lastgood.audit_log a
                  WHERE ((newest.log_type = 9024) AND (a.fqdn = judged.fqdn) AND (a.scope = judged.scope) AND (a.done_at IS NOT NULL) AND ((a.log_type >= 9025) AND (a.log_type <= 9026)))
                  ORDER BY a.log_time DESC, a.log_type DESC
                 LIMIT 1)) attempt ON (true))
             LEFT JOIN LATERAL ( SELECT l.counts_from AS at
                   FROM lastgood.engine_backup_log l
                  WHERE ((NOT attempt.is_passed) AND (l.fqdn = judged.fqdn) AND (l.scope = judged.scope) AND l.is_passed)
                  ORDER BY l.counts_from DESC
                 LIMIT 1) fallback ON (true))
             LEFT JOIN LATERAL ( SELECT (count(*) = setting.failing_after) AS is_so
                   FROM ( SELECT
                           FROM lastgood.audit_log a
                          WHERE ((NOT attempt.is_passed) AND (a.fqdn = judged.fqdn) AND (a.scope = judged.scope) AND (a.done_at IS NOT NULL) AND (a.log_type = 9026) AND ((a.log_time >= COALESCE(fallback.at, '-infinity'::timestamp with time zone)) AND (a.log_time <= attempt.at)))
                         LIMIT setting.failing_after) failed) failing ON (true))
             LEFT JOIN LATERAL ( SELECT min(report.log_time) AS at
                   FROM ( SELECT a.log_type,
                            a.log_time,
                            max(a.log_time) FILTER (WHERE (a.log_type <> 9024)) OVER (PARTITION BY (a.run_id COLLATE "C")) AS own_end_at,
                            max(a.log_time) FILTER (WHERE ((a.log_type <> 9024) AND (a.run_id IS NULL))) OVER () AS any_end_at
                           FROM lastgood.audit_log a
                          WHERE ((a.fqdn = judged.fqdn) AND (a.scope = judged.scope) AND (a.done_at IS NOT NULL) AND ((a.log_time >=
                                CASE
                                    WHEN (attempt.at > '1970-01-01 00:00:00+00'::timestamp with time zone) THEN (attempt.at - LEAST(setting.stuck_after, '100 years'::interval))
                                    ELSE '-infinity'::timestamp with time zone
                                END) AND (a.log_time <= newest.log_time)))) report
                  WHERE (((newest.log_type = 9024) OR (newest.run_id IS NOT NULL)) AND (report.log_type = 9024) AND (report.log_time > COALESCE(GREATEST(report.own_end_at, report.any_end_at), '-infinity'::timestamp with time zone)))) open_start ON (true))
          WHERE ((newest.log_type <> 9025) OR (newest.run_id IS NOT NULL))) answer ON (true))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (setting.proof_level = 0) THEN answer.success_at
                    ELSE NULL::timestamp with time zone
                END AS at) good);

--
-- Name: VIEW backup_status; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.backup_status IS 'The verdict and activity of every required or reported scope of every watched system.';

--
-- Name: system_status; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.system_status AS
 SELECT verdict.fqdn,
    verdict.state,
    verdict.activity,
    verdict.last_full_backup_at,
    verdict.age,
    verdict.alert_after,
    (setting.check_period IS NOT NULL) AS is_checked,
    setting.last_check_at,
        CASE
            WHEN (setting.check_period IS NULL) THEN NULL::text
            WHEN (verdict.state = 'missing'::text) THEN 'ENGINE_NO_FULL_BACKUP'::text
            WHEN (verdict.state = 'outdated'::text) THEN 'ENGINE_NO_WARM_BACKUP'::text
            ELSE NULL::text
        END AS alert,
        CASE
            WHEN (setting.check_period IS NULL) THEN 0
            WHEN (verdict.state <> 'ok'::text) THEN 2
            WHEN ((verdict.activity = ANY (ARRAY['stuck'::text, 'failing'::text])) OR verdict.is_last_attempt_failed) THEN 1
            WHEN (verdict.age < '-01:00:00'::interval) THEN 1
            ELSE 0
        END AS check_status
   FROM (( SELECT b.fqdn,
                CASE
                    WHEN bool_or((b.state = 'missing'::text)) THEN 'missing'::text
                    WHEN bool_or((b.state = 'outdated'::text)) THEN 'outdated'::text
                    ELSE 'ok'::text
                END AS state,
                CASE
                    WHEN bool_or((b.activity = 'stuck'::text)) THEN 'stuck'::text
                    WHEN bool_or((b.activity = 'failing'::text)) THEN 'failing'::text
                    WHEN bool_or((b.activity = 'running'::text)) THEN 'running'::text
                    ELSE 'idle'::text
                END AS activity,
                CASE
                    WHEN (count(b.last_success_at) = count(*)) THEN min(b.last_success_at)
                    ELSE NULL::timestamp with time zone
                END AS last_full_backup_at,
                CASE
                    WHEN (count(b.last_success_at) = count(*)) THEN max(b.age)
                    ELSE NULL::interval
                END AS age,
            max(b.alert_after) AS alert_after,
            bool_or((NOT b.last_attempt_passed)) AS is_last_attempt_failed
           FROM lastgood.backup_status b
          WHERE b.is_required
          GROUP BY b.fqdn) verdict
     CROSS JOIN lastgood.setting);

--
-- Name: VIEW system_status; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.system_status IS 'The verdict and activity of every watched system: as its worst required scope. alert is the event that its state deserves, check_status what a monitoring plugin makes of it: 0, 1 or 2.';

--
-- Name: alert_messages(text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.alert_messages(p_fqdns text[]) RETURNS TABLE(fqdn text, log_type_name text, message text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "IntervalStyle" TO 'postgres'
    BEGIN ATOMIC
 WITH scopes AS (
          SELECT b.fqdn,
             string_agg(b.scope, ', '::text ORDER BY b.scope) FILTER (WHERE (b.state = 'missing'::text)) AS missing,
             string_agg(b.scope, ', '::text ORDER BY b.scope) FILTER (WHERE (b.state = 'outdated'::text)) AS outdated,
             string_agg(b.scope, ', '::text ORDER BY b.scope) FILTER (WHERE (b.activity = 'failing'::text)) AS failing,
             string_agg(b.scope, ', '::text ORDER BY b.scope) FILTER (WHERE (b.activity = 'stuck'::text)) AS stuck
            FROM lastgood.backup_status b
           WHERE (b.is_required AND (b.fqdn = ANY (alert_messages.p_fqdns)))
           GROUP BY b.fqdn
         )
  SELECT s.fqdn,
     s.alert,
     concat(
         CASE
             WHEN (s.last_full_backup_at IS NULL) THEN format('There is no full backup of %s available (missing: %s).'::text, COALESCE(NULLIF(s.fqdn, ''::text), 'the system without a name'::text), scopes.missing)
             ELSE format('Full backup of %s was created on %s UTC and it''s too old (age: %s, allowed: %s, outdated: %s).'::text, COALESCE(NULLIF(s.fqdn, ''::text), 'the system without a name'::text), to_char((s.last_full_backup_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD HH24:MI:SS'::text), date_trunc('second'::text, s.age), s.alert_after, scopes.outdated)
         END, ' Its data is at risk: please run engine-backup, or your own backup tool,', ' to prevent data loss in case of corruption.', ((' The last attempts failed: '::text || scopes.failing) || '.'::text), ((' Started and never ended: '::text || scopes.stuck) || '.'::text), (' See '::text || NULLIF(( SELECT c.value
            FROM lastgood.backup_config c
           WHERE (c.name = 'BackupDocumentationUrl'::text)), ''::text))) AS concat
    FROM (lastgood.system_status s
      JOIN scopes ON ((scopes.fqdn = s.fqdn)))
   WHERE ((s.alert IS NOT NULL) AND (s.fqdn = ANY (alert_messages.p_fqdns)));
END;

--
-- Name: FUNCTION alert_messages(p_fqdns text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.alert_messages(p_fqdns text[]) IS 'The alert, if any, that each of these systems deserves now: its event and text.';

--
-- Name: append_invalid_event(integer, text, text, timestamp with time zone, integer, text, text, text, uuid, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.append_invalid_event(p_log_type integer, p_defect text, p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_id bigint;
begin
  insert into lastgood.audit_log
    (log_time, log_type, log_type_name, severity, message, fqdn, scope, event_id, run_id, log_path)
  select
    clock_timestamp(), t.log_type, t.log_type_name, t.severity,
    format(
      'A report was kept but counts as nothing: %s (scope %s, done_at %s, status %s): %s',
      p_defect, coalesce(quote_literal(left(p_scope, 200)), 'null'),
      coalesce(p_done_at::text, 'null'), coalesce(p_status::text, 'null'), p_message
    ),
    left(p_fqdn, 255), left(p_scope, 64), p_event_id, p_run_id, p_log_path
  from lastgood.event_type as t
  where t.log_type = p_log_type
  on conflict do nothing
  returning audit_log_id into v_id;
  if v_id is null then
    select a.audit_log_id
    into v_id
    from lastgood.audit_log as a
    where a.event_id = p_event_id;
  end if;
  return v_id;
end;
$$;

--
-- Name: FUNCTION append_invalid_event(p_log_type integer, p_defect text, p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.append_invalid_event(p_log_type integer, p_defect text, p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text) IS 'Keeps a report that cannot count as a warning event; returns its id, for a replay the first.';

--
-- Name: append_nothing(text, timestamp with time zone, integer, text, text, text, uuid, text, integer); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.append_nothing(p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text, p_log_type integer) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_defect   text    := lastgood.event_defect(p_scope, p_done_at, p_status, p_fqdn);
  v_log_type integer := 9100;
begin
  if v_defect is null and exists (
    select
    from lastgood.system as s
    where s.fqdn = p_fqdn and s.reporters is not null and not lastgood.may_report(s.reporters)
  ) then
    v_defect := format('role "%s" may not report about this system', session_user);
    v_log_type := 9101;
  end if;
  if v_defect is null then
    return lastgood.find_event(p_event_id, p_fqdn, p_scope, p_done_at, p_log_type);
  end if;
  return lastgood.append_invalid_event(
    v_log_type, v_defect, p_scope, p_done_at, p_status, p_message, p_fqdn, p_log_path, p_event_id,
    p_run_id
  );
end;
$$;

--
-- Name: FUNCTION append_nothing(p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text, p_log_type integer); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.append_nothing(p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text, p_log_type integer) IS 'Keeps a report that cannot count as a warning event, or finds the one that it repeats.';

--
-- Name: execute_grants(text, text, boolean); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.execute_grants(p_role text, p_reach text, p_may_dump boolean) RETURNS SETOF text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_statement text;
begin
  for v_statement in
    select g.statement
    from lastgood.grant_statements(p_role, p_reach, p_may_dump) as g(statement)
  loop
    begin
      execute v_statement;
    exception
      when insufficient_privilege then
        return next v_statement;
    end;
  end loop;
end;
$$;

--
-- Name: FUNCTION execute_grants(p_role text, p_reach text, p_may_dump boolean); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.execute_grants(p_role text, p_reach text, p_may_dump boolean) IS 'Executes the grants of a role as far as the caller may; returns the statements that are left.';

--
-- Name: granted_role; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.granted_role (
    role_name text NOT NULL,
    reach text NOT NULL,
    may_dump boolean DEFAULT false NOT NULL,
    granted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    granted_by text DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT reach_is_known CHECK ((reach = ANY (ARRAY['reporter'::text, 'reader'::text, 'operator'::text])))
);

--
-- Name: TABLE granted_role; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.granted_role IS 'Roles that were given a reach, granted again at every install.';

--
-- Name: apply_grants(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.apply_grants() RETURNS SETOF text
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT left_over.statement
    FROM ((( SELECT g.role_name,
             g.reach,
             g.may_dump
            FROM lastgood.granted_role g
         UNION ALL
          SELECT ('lastgood_'::text || o.reach),
             o.reach,
             false AS may_dump
            FROM unnest(ARRAY['reporter'::text, 'reader'::text, 'operator'::text]) o(reach)) wanted
      JOIN pg_roles r ON ((r.rolname = wanted.role_name)))
      CROSS JOIN LATERAL lastgood.execute_grants(wanted.role_name, wanted.reach, wanted.may_dump) left_over(statement));
END;

--
-- Name: FUNCTION apply_grants(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.apply_grants() IS 'Grants every remembered role its reach again; returns the statements that it may not execute.';

--
-- Name: check_backup_freshness(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_backup_freshness() RETURNS TABLE(fqdn text, change text, log_type_name text, audit_log_id bigint, message text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
  v_fqdns text[];
begin
  perform lastgood.register_awaited_systems();
  select array_agg(to_settle.fqdn)
  into v_fqdns
  from (
    select s.fqdn
    from lastgood.system_status as s
    where s.alert is not null
    union
    select a.fqdn
    from lastgood.audit_log as a
    where a.severity = 10 and not a.deleted and a.fqdn is not null
  ) as to_settle;
  return query
  select c.fqdn, c.change, c.log_type_name, c.audit_log_id, c.message
  from lastgood.settle_alerts(v_fqdns) as c;
  begin
    update lastgood.last_check as l
    set checked_at = lastgood.clock()
    where l.is_only_row in (
      select k.is_only_row
      from lastgood.last_check as k
      for update skip locked
    );
  exception
    when serialization_failure then
      raise log 'another check has noted its end meanwhile';
  end;
end;
$$;

--
-- Name: FUNCTION check_backup_freshness(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_backup_freshness() IS 'Raises and ends alerts for every system; a row per change. Safe at any time from anywhere.';

--
-- Name: check_scopes(text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_scopes(p_scopes text[]) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_scopes text[] := lastgood.tidy_scopes(p_scopes);
begin
  if v_scopes is null then
    raise exception 'these are no scopes: %', coalesce(quote_literal(p_scopes::text), 'null')
      using errcode = 'LG003',
        hint = 'Name 1 to 100 scopes of 1 to 64 characters, such as db and files.';
  end if;
  return v_scopes;
end;
$$;

--
-- Name: FUNCTION check_scopes(p_scopes text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_scopes(p_scopes text[]) IS 'A list of scopes with each of them once, in order; LG003 where it cannot be one.';

--
-- Name: config_value_defect(text, text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.config_value_defect(p_type text, p_valid_values text, p_value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_valid text;
begin
  if p_value is null then
    return 'it must not be null';
  elsif char_length(p_value) > 2000 then
    return 'it must have at most 2000 characters';
  elsif p_type = 'Integer' then
    v_valid := coalesce('; valid values are [' || p_valid_values || ']', '');
    if p_value !~ '^[+-]?[0-9]+$' then
      return 'it must be a whole number' || v_valid;
    elsif p_value !~ '^[+-]?0*[0-9]{1,10}$' then
      return 'it is out of range' || v_valid;
    elsif p_value::bigint not between -2147483648 and 2147483647 then
      return 'it is out of range' || v_valid;
    elsif p_valid_values is not null and not exists (
      select
      from regexp_split_to_table(p_valid_values, ',') as part(range)
      cross join lateral regexp_split_to_array(part.range, '\.\.') as bound(ends)
      where p_value::bigint between bound.ends[1]::bigint
        and bound.ends[cardinality(bound.ends)]::bigint
    ) then
      return 'it is out of range' || v_valid;
    end if;
  elsif p_type = 'Boolean' and p_value not in ('true', 'false') then
    return 'it must be true or false';
  elsif p_type = 'ScopeList'
    and lastgood.tidy_scopes(regexp_split_to_array(btrim(p_value), '\s*,\s*')) is null
  then
    return 'it must name 1 to 100 scopes of 1 to 64 characters, separated by commas';
  elsif p_type = 'Url' and p_value <> '' and p_value !~ '^https?://[^[:space:][:cntrl:]]+$' then
    return 'it must be empty or start with http:// or https://';
  end if;
  return null;
end;
$_$;

--
-- Name: FUNCTION config_value_defect(p_type text, p_valid_values text, p_value text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.config_value_defect(p_type text, p_valid_values text, p_value text) IS 'Says what is wrong with a value for a config key of this type, or null when it is valid.';

--
-- Name: reporter_search_path(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.reporter_search_path(p_role text) RETURNS text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT ('lastgood_report, '::text || current_path.value)
    FROM ( SELECT COALESCE(( SELECT substr(c.setting, (length('search_path='::text) + 1)) AS substr
                    FROM (pg_db_role_setting s
                      CROSS JOIN LATERAL unnest(s.setconfig) c(setting))
                   WHERE ((c.setting ~~ 'search\_path=%'::text) AND (s.setrole = ANY (ARRAY[r.oid, (0)::oid])) AND (s.setdatabase = ANY (ARRAY[d.oid, (0)::oid])))
                   ORDER BY (((s.setrole <> (0)::oid))::integer) DESC, (((s.setdatabase <> (0)::oid))::integer) DESC
                  LIMIT 1), '"$user", public'::text) AS value
            FROM (pg_roles r
              CROSS JOIN pg_database d)
           WHERE ((r.rolname = reporter_search_path.p_role) AND r.rolcanlogin AND (d.datname = current_database()))) current_path
   WHERE (current_path.value !~ '^"?lastgood_report"?(,|$)'::text);
END;

--
-- Name: FUNCTION reporter_search_path(p_role text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.reporter_search_path(p_role text) IS 'The search_path with which a login role finds the log functions; null where it has it already.';

--
-- Name: diagnose_roles(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.diagnose_roles() RETURNS TABLE(subject text, outcome text, detail text, hint text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT ('role '::text || g.role_name),
         CASE
             WHEN ((r.oid IS NULL) OR (NOT granted.is_complete)) THEN 'failed'::text
             ELSE 'ok'::text
         END AS "case",
         CASE
             WHEN (r.oid IS NULL) THEN 'the role is gone'::text
             ELSE (('is a '::text || g.reach) ||
             CASE
                 WHEN g.may_dump THEN ' that may dump'::text
                 ELSE ''::text
             END)
         END AS "case",
     format('Create the role if it is gone, then: lastgood grant %s --as %s%s'::text, g.role_name, g.reach,
         CASE
             WHEN g.may_dump THEN ' --dumps'::text
             ELSE ''::text
         END) AS format
    FROM ((lastgood.granted_role g
      LEFT JOIN pg_roles r ON ((r.rolname = g.role_name)))
      CROSS JOIN LATERAL ( SELECT ((r.oid IS NOT NULL) AND
                 CASE g.reach
                     WHEN 'reporter'::text THEN ((lastgood.reporter_search_path(g.role_name) IS NULL) AND has_schema_privilege(r.oid, 'lastgood_report'::text, 'usage'::text) AND bool_and(has_function_privilege(r.oid, p.oid, 'execute'::text)))
                     ELSE has_table_privilege(r.oid, ('lastgood.system_status'::regclass)::oid, 'select'::text)
                 END AND (NOT (g.may_dump AND (EXISTS ( SELECT
                    FROM (pg_class c
                      JOIN pg_namespace n ON ((n.oid = c.relnamespace)))
                   WHERE ((n.nspname = ANY (ARRAY['lastgood'::name, 'lastgood_report'::name, 'lastgood_queue'::name])) AND (c.relkind = ANY (ARRAY['r'::"char", 'p'::"char", 'v'::"char", 'S'::"char"])) AND (NOT has_table_privilege(r.oid, c.oid, 'select'::text)))))))) AS is_complete
            FROM pg_proc p
           WHERE (p.pronamespace = ('lastgood_report'::regnamespace)::oid)) granted);
END;

--
-- Name: FUNCTION diagnose_roles(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.diagnose_roles() IS 'Whether each role that was given a reach still has it; part of diagnose.';

--
-- Name: functions_hash(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.functions_hash() RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT encode(sha256(convert_to(string_agg(concat(pg_get_functiondef(p.oid), has_function_privilege('public'::name, p.oid, 'execute'::text)), ''::text ORDER BY n.nspname, p.proname), 'UTF8'::name)), 'hex'::text) AS encode
    FROM (pg_proc p
      JOIN pg_namespace n ON ((n.oid = p.pronamespace)))
   WHERE (n.nspname = ANY (ARRAY['lastgood'::name, 'lastgood_report'::name]));
END;

--
-- Name: FUNCTION functions_hash(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.functions_hash() IS 'Fingerprint of all functions of lastgood, stored at every install and compared by doctor.';

--
-- Name: check_summary; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.check_summary AS
 SELECT
        CASE
            WHEN (setting.check_period IS NULL) THEN 0
            ELSE COALESCE(max(s.check_status), 2)
        END AS check_status,
    count(s.fqdn) AS systems,
    count(s.fqdn) FILTER (WHERE (s.state = 'ok'::text)) AS ok,
    count(s.fqdn) FILTER (WHERE (s.state = 'outdated'::text)) AS outdated,
    count(s.fqdn) FILTER (WHERE (s.state = 'missing'::text)) AS missing,
    count(s.fqdn) FILTER (WHERE (s.check_status = 1)) AS warnings,
    (setting.check_period IS NOT NULL) AS is_checked,
    setting.last_check_at,
    setting.check_period,
    unwatched.systems AS unwatched
   FROM ((lastgood.setting
     CROSS JOIN ( SELECT count(DISTINCT a.fqdn) AS systems
           FROM lastgood.audit_log a
          WHERE (a.awaits_system AND (NOT (EXISTS ( SELECT
                   FROM lastgood.system known
                  WHERE (known.fqdn = a.fqdn)))))) unwatched)
     LEFT JOIN lastgood.system_status s ON (true))
  GROUP BY setting.check_period, setting.last_check_at, unwatched.systems;

--
-- Name: VIEW check_summary; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.check_summary IS 'One row: what a monitoring plugin makes of all systems, how many are how, how often they are checked, and how many report without being watched.';

--
-- Name: code_layer; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.code_layer (
    version text NOT NULL,
    functions_hash text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

--
-- Name: TABLE code_layer; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.code_layer IS 'One row: which code layer is in place.';

--
-- Name: diagnose(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.diagnose() RETURNS TABLE(subject text, outcome text, detail text, hint text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT 'functions'::text AS subject,
         CASE
             WHEN (c.functions_hash = lastgood.functions_hash()) THEN 'ok'::text
             ELSE 'warning'::text
         END AS outcome,
     ('functions as installed on '::text || to_char((c.applied_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD HH24:MI UTC'::text)) AS detail,
     'Somebody changed a function since, or who may call it. Put them back: delete from lastgood.code_layer; lastgood install'::text AS hint
    FROM lastgood.code_layer c
 UNION ALL
  SELECT 'server'::text AS subject,
         CASE
             WHEN (pg_is_in_recovery() OR s.is_read_only) THEN 'failed'::text
             ELSE 'ok'::text
         END AS "case",
     format('PostgreSQL %s, %s'::text, current_setting('server_version'::text),
         CASE
             WHEN (pg_is_in_recovery() OR s.is_read_only) THEN 'read-only'::text
             ELSE 'writable'::text
         END) AS format,
     'Reports cannot be recorded here. Let reporters connect to the primary.'::text AS hint
    FROM ( SELECT (current_setting('default_transaction_read_only'::text) = 'on'::text) AS is_read_only) s
 UNION ALL
  SELECT 'freshness check'::text AS subject,
         CASE
             WHEN (NOT s.is_checked) THEN 'ok'::text
             WHEN ((s.last_check_at IS NULL) OR (((lastgood.clock() - s.last_check_at) / (2)::double precision) > s.check_period)) THEN 'warning'::text
             ELSE 'ok'::text
         END AS "case",
         CASE
             WHEN (NOT s.is_checked) THEN 'off: BackupCheckPeriodInHours is -1'::text
             ELSE ('last run: '::text || COALESCE(to_char((s.last_check_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD HH24:MI:SS UTC'::text), 'never'::text))
         END AS "case",
     'Start a worker (lastgood work), or call lastgood.check_backup_freshness() from crontab or pg_cron.'::text AS hint
    FROM lastgood.check_summary s
 UNION ALL
  SELECT r.subject,
     r.outcome,
     r.detail,
     r.hint
    FROM lastgood.diagnose_roles() r(subject, outcome, detail, hint)
 UNION ALL
  SELECT 'unknown systems'::text AS subject,
     'warning'::text AS outcome,
     format('%s systems report and are not watched, such as "%s"'::text, count(DISTINCT a.fqdn), min(a.fqdn)) AS format,
     'Raise BackupAutoRegisterLimit, switch BackupAutoRegister on, or run: lastgood system add FQDN'::text AS hint
    FROM lastgood.audit_log a
   WHERE (a.awaits_system AND (NOT (EXISTS ( SELECT
            FROM lastgood.system s
           WHERE (s.fqdn = a.fqdn)))))
  HAVING (count(*) > 0)
 UNION ALL
  SELECT ('system '::text || s.fqdn),
     'warning'::text AS outcome,
     'is retired, and reported since'::text AS detail,
     ('If it is back: lastgood system reinstate '::text || s.fqdn)
    FROM lastgood.system s
   WHERE (EXISTS ( SELECT
            FROM lastgood.audit_log a
           WHERE ((a.fqdn = s.fqdn) AND (a.done_at IS NOT NULL) AND (a.arrived_at > s.retired_at))))
 UNION ALL
  SELECT 'reports'::text AS subject,
     'warning'::text AS outcome,
     format('%s reports of the last day count as nothing'::text, count(*)) AS format,
     'See why: lastgood events --type LASTGOOD_INVALID_EVENT (or LASTGOOD_UNTRUSTED_EVENT)'::text AS hint
    FROM lastgood.audit_log a
   WHERE ((a.log_time > (lastgood.clock() - '1 day'::interval)) AND (a.log_type = ANY (ARRAY[9100, 9101])))
  HAVING (count(*) > 0)
 UNION ALL
  SELECT format('function %I.%I(%s)'::text, n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS format,
     'warning'::text AS outcome,
     'another function of this name: scripts call it where its schema comes first'::text AS detail,
     'Let lastgood_report be first on the search_path of every reporter: lastgood grant ROLE --as reporter'::text AS hint
    FROM (pg_proc p
      JOIN pg_namespace n ON ((n.oid = p.pronamespace)))
   WHERE ((p.proname = ANY (ARRAY['logenginebackupevent'::name, 'log_engine_backup_event'::name])) AND (n.nspname <> 'lastgood_report'::name));
END;

--
-- Name: FUNCTION diagnose(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.diagnose() IS 'What may keep lastgood from telling the truth, a row a subject, with a hint for what is not ok.';

--
-- Name: dismiss_alert(bigint, timestamp with time zone); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.dismiss_alert(p_audit_log_id bigint, p_until timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_alert lastgood.audit_log;
begin
  if p_until is null or not isfinite(p_until) or p_until <= lastgood.clock() then
    raise exception 'an alert can be dismissed until a time in the future, not "%"',
        coalesce(p_until::text, 'null')
      using errcode = 'LG009', hint = 'Give a time with its zone, such as 2030-01-31T08:00:00Z.';
  end if;
  update lastgood.audit_log as a
  set dismissed_by = session_user, dismissed_until = p_until
  where a.audit_log_id = p_audit_log_id and a.severity = 10 and not a.deleted
  returning a.fqdn, a.log_type_name
  into v_alert.fqdn, v_alert.log_type_name;
  if not found then
    raise exception 'there is no live alert %', p_audit_log_id
      using errcode = 'LG008', hint = 'Select audit_log_id from lastgood.active_alert.';
  end if;
  perform lastgood.add_audit_event(9114, format(
    '%s dismissed alert %s (%s) until %s.', session_user, p_audit_log_id, v_alert.log_type_name,
    p_until at time zone 'UTC' || ' UTC'
  ), v_alert.fqdn);
end;
$$;

--
-- Name: FUNCTION dismiss_alert(p_audit_log_id bigint, p_until timestamp with time zone); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.dismiss_alert(p_audit_log_id bigint, p_until timestamp with time zone) IS 'Hides a live alert from people until a time; the verdict, checks and metrics do not change.';

--
-- Name: event_defect(text, timestamp with time zone, integer, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.event_defect(p_scope text, p_done_at timestamp with time zone, p_status integer, p_fqdn text) RETURNS text
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN ((p_scope IS NULL) OR (p_scope = ''::text)) THEN 'it names no scope'::text
             WHEN (char_length(p_scope) > 64) THEN 'the scope is longer than 64 characters'::text
             WHEN (p_done_at IS NULL) THEN 'it has no done_at'::text
             WHEN (NOT isfinite(p_done_at)) THEN 'done_at is infinite'::text
             WHEN ((p_status IS NULL) OR (p_status <> ALL (ARRAY['-1'::integer, 0, 1]))) THEN 'the status is none of -1, 0 and 1'::text
             WHEN (char_length(p_fqdn) > 255) THEN 'the fqdn is longer than 255 characters'::text
             ELSE NULL::text
         END AS "case";
END;

--
-- Name: FUNCTION event_defect(p_scope text, p_done_at timestamp with time zone, p_status integer, p_fqdn text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.event_defect(p_scope text, p_done_at timestamp with time zone, p_status integer, p_fqdn text) IS 'Says why a report with these values cannot count, or null when it can.';

--
-- Name: find_event(uuid, text, text, timestamp with time zone, integer); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.find_event(p_event_id uuid, p_fqdn text, p_scope text, p_done_at timestamp with time zone, p_log_type integer) RETURNS bigint
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT COALESCE(( SELECT a.audit_log_id
            FROM lastgood.audit_log a
           WHERE (a.event_id = find_event.p_event_id)), ( SELECT a.audit_log_id
            FROM lastgood.audit_log a
           WHERE ((find_event.p_event_id IS NULL) AND (a.event_id IS NULL) AND (a.done_at IS NOT NULL) AND (a.fqdn = find_event.p_fqdn) AND (a.scope = find_event.p_scope) AND (a.done_at = find_event.p_done_at) AND (a.log_type = find_event.p_log_type))), ( SELECT min(a.audit_log_id) AS min
            FROM lastgood.audit_log a
           WHERE ((find_event.p_event_id IS NULL) AND (a.done_at IS NOT NULL) AND (a.fqdn = find_event.p_fqdn) AND (a.scope = find_event.p_scope) AND (a.log_time = find_event.p_done_at) AND (a.log_type = find_event.p_log_type)))) AS audit_log_id;
END;

--
-- Name: FUNCTION find_event(p_event_id uuid, p_fqdn text, p_scope text, p_done_at timestamp with time zone, p_log_type integer); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.find_event(p_event_id uuid, p_fqdn text, p_scope text, p_done_at timestamp with time zone, p_log_type integer) IS 'The id of the report that a duplicate repeats.';

--
-- Name: find_system(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.find_system(p_fqdn text) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_system_id bigint;
begin
  select s.system_id
  into v_system_id
  from lastgood.system as s
  where s.fqdn = p_fqdn;
  if not found then
    raise exception 'there is no system "%"', p_fqdn
      using errcode = 'LG004',
        hint = 'Select the names from lastgood.system, or add it with add_system.';
  end if;
  return v_system_id;
end;
$$;

--
-- Name: FUNCTION find_system(p_fqdn text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.find_system(p_fqdn text) IS 'The id of a system by its name; LG004 for one that is not known.';

--
-- Name: freshness_check_rule(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.freshness_check_rule() RETURNS text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT
         CASE c.value
             WHEN '-1'::text THEN NULL::text
             ELSE ('FREQ=HOURLY;INTERVAL='::text || c.value)
         END AS "case"
    FROM lastgood.backup_config c
   WHERE (c.name = 'BackupCheckPeriodInHours'::text);
END;

--
-- Name: FUNCTION freshness_check_rule(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.freshness_check_rule() IS 'The recurrence rule of the freshness check, from BackupCheckPeriodInHours; null when it is off.';

--
-- Name: get_config_value(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.get_config_value(p_name text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_value text;
begin
  select c.value
  into v_value
  from lastgood.backup_config as c
  where c.name = p_name;
  if not found then
    raise exception 'there is no config key "%"', p_name
      using errcode = 'LG001', hint = 'Select the names from lastgood.backup_config.';
  end if;
  return v_value;
end;
$$;

--
-- Name: FUNCTION get_config_value(p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.get_config_value(p_name text) IS 'The value of a config key, its default where none was set; LG001 for an unknown key.';

--
-- Name: general_alert_messages(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.general_alert_messages() RETURNS TABLE(log_type_name text, message text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT 'ENGINE_NO_FULL_BACKUP'::text AS log_type_name,
     'There is no full backup available: no system has ever reported one. Data is at risk: please run engine-backup, or your own backup tool with a report to lastgood, to prevent data loss in case of corruption.'::text AS message
    FROM lastgood.setting
   WHERE ((setting.check_period IS NOT NULL) AND (NOT (EXISTS ( SELECT
            FROM lastgood.system s
           WHERE (s.retired_at IS NULL)))))
 UNION ALL
  SELECT 'LASTGOOD_TOO_MANY_SYSTEMS'::text AS log_type_name,
     format('Reports came from %s systems that are not watched, because BackupAutoRegisterLimit is %s; their data may be at risk. Raise it, or add them: lastgood system add FQDN.'::text, c.unwatched, lastgood.get_config_value('BackupAutoRegisterLimit'::text)) AS message
    FROM lastgood.check_summary c
   WHERE (c.is_checked AND (c.unwatched > 0) AND (lastgood.get_config_value('BackupAutoRegister'::text) = 'true'::text) AND ((lastgood.get_config_value('BackupAutoRegisterLimit'::text))::integer <= ( SELECT count(*) AS count
            FROM lastgood.system s
           WHERE (s.is_self_registered AND (s.retired_at IS NULL)))));
END;

--
-- Name: FUNCTION general_alert_messages(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.general_alert_messages() IS 'The alerts, if any, that belong to no system and are deserved now: events and texts.';

--
-- Name: get_last_successful_engine_backup(text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.get_last_successful_engine_backup(p_scope text, p_fqdn text DEFAULT NULL::text) RETURNS SETOF lastgood.engine_backup_log
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH RECURSIVE system_with_log(fqdn) AS (
          SELECT COALESCE(get_last_successful_engine_backup.p_fqdn, ( SELECT min(l.fqdn) AS min
                    FROM lastgood.engine_backup_log l
                   WHERE l.is_passed)) AS "coalesce"
         UNION ALL
          SELECT ( SELECT min(l.fqdn) AS min
                    FROM lastgood.engine_backup_log l
                   WHERE (l.is_passed AND (l.fqdn > s_1.fqdn))) AS min
            FROM system_with_log s_1
           WHERE ((get_last_successful_engine_backup.p_fqdn IS NULL) AND (s_1.fqdn IS NOT NULL))
         )
  SELECT newest.scope,
     newest.done_at,
     newest.is_passed,
     newest.output_message,
     newest.fqdn,
     newest.log_path,
     newest.audit_log_id,
     newest.counts_from,
     newest.run_id,
     newest.backup_id
    FROM (system_with_log s
      CROSS JOIN LATERAL ( SELECT l.scope,
             l.done_at,
             l.is_passed,
             l.output_message,
             l.fqdn,
             l.log_path,
             l.audit_log_id,
             l.counts_from,
             l.run_id,
             l.backup_id
            FROM lastgood.engine_backup_log l
           WHERE (l.is_passed AND (l.fqdn = s.fqdn) AND (l.scope = get_last_successful_engine_backup.p_scope))
           ORDER BY l.counts_from DESC
          LIMIT 1) newest)
   ORDER BY newest.counts_from DESC
  LIMIT 1;
END;

--
-- Name: FUNCTION get_last_successful_engine_backup(p_scope text, p_fqdn text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.get_last_successful_engine_backup(p_scope text, p_fqdn text) IS 'The newest success of a scope, of one system or, with null, of any; no row when there is none.';

--
-- Name: grant_role(text, text, boolean); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.grant_role(p_role text, p_reach text, p_may_dump boolean DEFAULT false) RETURNS SETOF text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not exists (select from pg_catalog.pg_roles as r where r.rolname = p_role) then
    raise exception 'there is no role "%"', p_role
      using errcode = 'LG007', hint = 'Create the role first: create role ... login.';
  elsif p_reach is null or p_reach not in ('reporter', 'reader', 'operator') then
    raise exception 'there is no reach "%"', p_reach
      using errcode = 'LG010', hint = 'A role is a reporter, a reader or an operator.';
  end if;
  insert into lastgood.granted_role as g (role_name, reach, may_dump)
  values (p_role, p_reach, p_may_dump)
  on conflict (role_name, reach) do update
    set may_dump = excluded.may_dump or g.may_dump;
  perform lastgood.add_audit_event(9115, format(
    '%s made role "%s" a %s%s.', session_user, p_role, p_reach,
    case when p_may_dump then ' that may dump this database' else '' end
  ));
  return query
  select g.statement
  from lastgood.execute_grants(p_role, p_reach, p_may_dump) as g(statement);
end;
$$;

--
-- Name: FUNCTION grant_role(p_role text, p_reach text, p_may_dump boolean); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.grant_role(p_role text, p_reach text, p_may_dump boolean) IS 'Makes a role a reporter, reader or operator; returns the statements that it may not execute.';

--
-- Name: grant_statements(text, text, boolean); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.grant_statements(p_role text, p_reach text, p_may_dump boolean DEFAULT false) RETURNS SETOF text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  c_relations constant text[] := array[
    'active_alert', 'audit_log', 'backup_config', 'backup_status', 'check_summary', 'code_layer',
    'engine_backup_log', 'event_type', 'last_check', 'system', 'system_status'
  ];
  c_functions constant jsonb := jsonb_build_object(
    'reporter', array['record_event'],
    'reader', array['clock', 'get_config_value', 'get_last_successful_engine_backup'],
    'operator', array[
      'clock', 'get_config_value', 'get_last_successful_engine_backup', 'set_config_value',
      'merge_config_value', 'reset_config_value',
      'add_system', 'set_required_scopes', 'set_alert_after',
      'set_reporters', 'retire_system', 'reinstate_system', 'dismiss_alert',
      'check_backup_freshness', 'prune_events', 'freshness_check_rule'
    ]
  );
begin
  return next format('grant usage on schema lastgood to %I', p_role);
  if p_reach = 'reporter' then
    return next format('grant usage on schema lastgood_report to %I', p_role);
  else
    return query
    select format('grant select on lastgood.%I to %I', r.name, p_role)
    from unnest(c_relations) as r(name);
  end if;
  return query
  select format('grant execute on function %s to %I', p.oid::regprocedure, p_role)
  from pg_catalog.pg_proc as p
  where p.pronamespace = 'lastgood'::regnamespace and c_functions -> p_reach ? p.proname
    or p.pronamespace = 'lastgood_report'::regnamespace and p_reach = 'reporter'
  order by p.oid::regprocedure::text;
  if p_may_dump then
    return query
    select format(s.text, n.oid::regnamespace, p_role)
    from pg_catalog.pg_namespace as n
    cross join unnest(array[
      'grant usage on schema %s to %I',
      'grant select on all tables in schema %s to %I',
      'grant select on all sequences in schema %s to %I'
    ]) with ordinality as s(text, place)
    where n.nspname in ('lastgood', 'lastgood_report', 'lastgood_queue')
    order by n.nspname, s.place;
  end if;
  if p_reach = 'reporter' then
    return query
    select format(
      'alter role %I in database %I set search_path = %s', p_role, current_database(), s.path
    )
    from lastgood.reporter_search_path(p_role) as s(path)
    where s.path is not null;
  end if;
end;
$$;

--
-- Name: FUNCTION grant_statements(p_role text, p_reach text, p_may_dump boolean); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.grant_statements(p_role text, p_reach text, p_may_dump boolean) IS 'The statements that give a role the reach of a reporter, reader or operator.';

--
-- Name: judge_event(text, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.judge_event(p_fqdn text, p_required_scopes text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '500ms'
    AS $$
declare
  v_was_known boolean := exists (select from lastgood.system as s where s.fqdn = p_fqdn);
  v_is_known  boolean := lastgood.register_system(p_fqdn, p_required_scopes);
begin
  if v_is_known and (not v_was_known or exists (
    select
    from lastgood.audit_log as a
    where a.severity = 10 and not a.deleted and a.fqdn = p_fqdn
  )) then
    perform lastgood.settle_live_alerts(array[p_fqdn]);
  end if;
  -- Only a new system answers an alert that belongs to none.
  if v_is_known and not v_was_known and exists (
    select
    from lastgood.audit_log as a
    where a.severity = 10 and not a.deleted and a.fqdn is null
  ) then
    perform lastgood.settle_live_alerts(null);
  end if;
end;
$$;

--
-- Name: FUNCTION judge_event(p_fqdn text, p_required_scopes text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.judge_event(p_fqdn text, p_required_scopes text[]) IS 'Registers the system of a report and settles its alerts; the report itself is recorded already.';

--
-- Name: may_report(text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.may_report(p_reporters text[]) RETURNS boolean
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT
            FROM pg_roles r
           WHERE ((r.rolname = ANY (may_report.p_reporters)) AND pg_has_role(SESSION_USER, r.oid, 'member'::text)))) AS "exists";
END;

--
-- Name: FUNCTION may_report(p_reporters text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.may_report(p_reporters text[]) IS 'Whether the session user is one of these roles, or a member of one.';

--
-- Name: merge_config_value(text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.merge_config_value(p_name text, p_value text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_type text;
begin
  select k.type
  into v_type
  from lastgood.config_key as k
  where k.name = p_name
  for no key update;
  if v_type <> 'ScopeList' then
    raise exception 'config key "%" does not support merge of values', p_name
      using errcode = 'LG011', hint = 'Set the whole value: this key holds no list.';
  end if;
  return lastgood.set_config_value(p_name, lastgood.get_config_value(p_name) || ',' || p_value);
end;
$$;

--
-- Name: FUNCTION merge_config_value(p_name text, p_value text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.merge_config_value(p_name text, p_value text) IS 'Adds scopes to a config value that is a list, after the rules of its key; returns the value.';

--
-- Name: prune_events(integer); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.prune_events(p_batch integer DEFAULT 10000) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_days   interval := make_interval(
    days => least(lastgood.get_config_value('BackupEventRetentionDays')::integer, 500000)
  );
  v_before timestamptz := lastgood.clock() - v_days;
  v_count  bigint;
begin
  with too_old as (
    select a.audit_log_id
    from lastgood.audit_log as a
    where a.log_time < v_before
      and not (a.severity = 10 and not a.deleted)
      and not (
        a.awaits_system and not exists (
          select
          from lastgood.system as s
          where s.fqdn = a.fqdn
        )
      )
      and not (
        a.log_type = 9025 and a.done_at is not null and not exists (
          select
          from lastgood.engine_backup_log as newer
          join lastgood.engine_backup_log as this on this.audit_log_id = a.audit_log_id
          where newer.fqdn = a.fqdn and newer.scope = a.scope and newer.is_passed
            and (newer.counts_from, newer.audit_log_id) > (this.counts_from, a.audit_log_id)
        )
      )
      and not (
        a.log_type in (9025, 9026) and a.done_at is not null and not exists (
          select
          from lastgood.audit_log as newer
          where newer.fqdn = a.fqdn and newer.scope = a.scope and newer.done_at is not null
            and newer.log_type in (9025, 9026)
            and (newer.log_time, newer.log_type, newer.audit_log_id)
              > (a.log_time, a.log_type, a.audit_log_id)
        )
      )
    order by a.audit_log_id
    limit p_batch
    for update skip locked
  ), pruned as (
    delete from lastgood.audit_log as a
    using too_old as o
    where a.audit_log_id = o.audit_log_id
    returning a.audit_log_id
  ), pruned_attempts as (
    delete from lastgood.engine_backup_log as l
    using pruned as p
    where l.audit_log_id = p.audit_log_id
  )
  select count(*)
  into v_count
  from pruned as p;
  return v_count;
end;
$$;

--
-- Name: FUNCTION prune_events(p_batch integer); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.prune_events(p_batch integer) IS 'Deletes one batch of events past their retention; returns how many, 0 when there are none left.';

--
-- Name: record_event(text, timestamp with time zone, integer, text, text, text, uuid, text, bigint, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.record_event(p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid DEFAULT NULL::uuid, p_run_id text DEFAULT NULL::text, p_backup_id bigint DEFAULT NULL::bigint, p_required_scopes text[] DEFAULT NULL::text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $$
declare
  v_arrived_at timestamptz := clock_timestamp();
  v_log_time   timestamptz := least(p_done_at, v_arrived_at);
  v_log_type   integer     := case p_status when 0 then 9024 when 1 then 9025 when -1 then 9026 end;
  v_fqdn       text        := coalesce(p_fqdn, '');
  -- Texts are cut: a row of more than 1 GB, escapes included, would break every pg_dump.
  v_message    text        := left(coalesce(p_message, ''), 1000000);
  v_log_path   text        := left(coalesce(p_log_path, ''), 1000000);
  v_run_id     text        := left(p_run_id, 1000000);
  v_isolation  text        := current_setting('transaction_isolation');
  v_is_quiet   boolean;
  v_id         bigint;
begin
  begin
    -- All that a sound report needs; append_nothing sees to the others. Under serializable a look
    -- for duplicates would make two reporters conflict at commit: there the unique indexes decide.
    -- A known system without an alert is quiet: there will be nothing to judge.
    insert into lastgood.audit_log as e (
      log_time, log_type, log_type_name, severity, message, fqdn, scope, done_at, run_id, event_id,
      log_path, arrived_at, awaits_system
    )
    select
      v_log_time, t.log_type, t.log_type_name, t.severity, v_message, v_fqdn, p_scope, p_done_at,
      v_run_id, p_event_id, v_log_path, v_arrived_at, s.fqdn is null
    from lastgood.event_type as t
    left join lastgood.system as s on s.fqdn = v_fqdn
    where t.log_type = v_log_type
      and lastgood.event_defect(p_scope, p_done_at, p_status, v_fqdn) is null
      and (s.reporters is null or lastgood.may_report(s.reporters))
      and (p_event_id is not null or v_isolation = 'serializable' or not exists (
        select
        from lastgood.audit_log as a
        where a.fqdn = v_fqdn and a.scope = p_scope and a.log_time = v_log_time
          and a.log_type = v_log_type and a.done_at = p_done_at
      ))
    on conflict do nothing
    returning e.audit_log_id, p_backup_id is null and not e.awaits_system and not exists (
      select
      from lastgood.audit_log as a
      where a.severity = 10 and not a.deleted and a.fqdn = v_fqdn
    )
    into v_id, v_is_quiet;
    if v_id is null then
      return lastgood.append_nothing(
        p_scope, p_done_at, p_status, v_message, v_fqdn, v_log_path, p_event_id, v_run_id,
        v_log_type
      );
    elsif p_status <> 0 then
      insert into lastgood.engine_backup_log (
        scope, done_at, is_passed, output_message, fqdn, log_path, audit_log_id, counts_from, run_id
      )
      values (
        p_scope, p_done_at, p_status = 1, v_message, v_fqdn, v_log_path, v_id, v_log_time, v_run_id
      );
    end if;
  exception
    when others then
      return lastgood.rescue_event(
        sqlstate, sqlerrm, p_scope, p_done_at, p_status, v_message, v_fqdn, v_log_path,
        p_event_id, v_run_id
      );
  end;
  if v_is_quiet or v_isolation not in ('read committed', 'read uncommitted') then
    return v_id;
  end if;
  begin
    if p_backup_id is not null then
      perform lastgood.add_audit_event(9102, format(
        'Only sealing names a backup; %s was ignored, the report was kept.', p_backup_id
      ), v_fqdn, p_scope);
    end if;
    perform lastgood.judge_event(v_fqdn, p_required_scopes);
  exception
    when others then
      raise log 'lastgood left judging to the next check: %', sqlerrm;
  end;
  return v_id;
end;
$$;

--
-- Name: FUNCTION record_event(p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text, p_backup_id bigint, p_required_scopes text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.record_event(p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text, p_backup_id bigint, p_required_scopes text[]) IS 'Records one report and judges its system; returns its id, null where it was not kept.';

--
-- Name: register_awaited_systems(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.register_awaited_systems() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_fqdn text;
begin
  if lastgood.get_config_value('BackupAutoRegister') = 'true'
    and exists (select from lastgood.audit_log as a where a.awaits_system)
  then
    for v_fqdn in
      select a.fqdn
      from lastgood.audit_log as a
      where a.awaits_system
        and not exists (select from lastgood.system as s where s.fqdn = a.fqdn)
      group by a.fqdn
      order by min(a.audit_log_id)
      limit greatest(
        lastgood.get_config_value('BackupAutoRegisterLimit')::integer - (
          select count(*)
          from lastgood.system as s
          where s.is_self_registered and s.retired_at is null
        ), 0
      )
    loop
      perform lastgood.register_system(v_fqdn);
    end loop;
  end if;
  update lastgood.audit_log as a
  set awaits_system = false
  where a.audit_log_id in (
    select w.audit_log_id
    from lastgood.audit_log as w
    where w.awaits_system
      and exists (select from lastgood.system as s where s.fqdn = w.fqdn)
    for update skip locked
  );
end;
$$;

--
-- Name: FUNCTION register_awaited_systems(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.register_awaited_systems() IS 'Registers the systems of reports that could not do so themselves.';

--
-- Name: register_system(text, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.register_system(p_fqdn text, p_required_scopes text[] DEFAULT NULL::text[]) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if exists (select from lastgood.system as s where s.fqdn = p_fqdn) then
    return true;
  end if;
  if not pg_try_advisory_xact_lock(
    'lastgood.system'::regclass::integer, hashtext(p_fqdn) & 63
  ) then
    return false;
  end if;
  if lastgood.get_config_value('BackupAutoRegister') <> 'true' or (
    select count(*)
    from lastgood.system as s
    where s.is_self_registered and s.retired_at is null
  ) >= lastgood.get_config_value('BackupAutoRegisterLimit')::integer then
    return false;
  end if;
  insert into lastgood.system (fqdn, required_scopes, is_self_registered)
  values (p_fqdn, lastgood.tidy_scopes(p_required_scopes), true)
  on conflict do nothing;
  if found then
    perform lastgood.add_audit_event(
      9111, format('System "%s" reported for the first time and is watched now.', p_fqdn), p_fqdn
    );
  end if;
  return true;
end;
$$;

--
-- Name: FUNCTION register_system(p_fqdn text, p_required_scopes text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.register_system(p_fqdn text, p_required_scopes text[]) IS 'Registers the system of a first report where the config allows it; returns whether it is known.';

--
-- Name: reinstate_system(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.reinstate_system(p_fqdn text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_system_id bigint := lastgood.find_system(p_fqdn);
begin
  update lastgood.system as s
  set retired_at = null
  where s.system_id = v_system_id and s.retired_at is not null;
  if found then
    perform lastgood.add_audit_event(
      9111, format('%s reinstated system "%s".', session_user, p_fqdn), p_fqdn
    );
    perform lastgood.settle_live_alerts(array[p_fqdn]);
    perform lastgood.settle_live_alerts(null);
  end if;
end;
$$;

--
-- Name: FUNCTION reinstate_system(p_fqdn text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.reinstate_system(p_fqdn text) IS 'Watches a retired system again.';

--
-- Name: remember_code_layer(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.remember_code_layer(p_version text) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 DELETE FROM lastgood.code_layer;
 INSERT INTO lastgood.code_layer (version, functions_hash)
   VALUES (remember_code_layer.p_version, lastgood.functions_hash());
END;

--
-- Name: FUNCTION remember_code_layer(p_version text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.remember_code_layer(p_version text) IS 'Notes which code layer is in place now, with a fingerprint of its functions.';

--
-- Name: rescue_event(text, text, text, timestamp with time zone, integer, text, text, text, uuid, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.rescue_event(p_sqlstate text, p_error text, p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if p_sqlstate in ('55P03', '40P01') and p_event_id is null then
    return lastgood.record_event(
      p_scope, p_done_at, p_status, p_message, p_fqdn, p_log_path, gen_random_uuid(), p_run_id
    );
  end if;
  perform lastgood.append_invalid_event(
    9100, p_error, p_scope, p_done_at, p_status, p_message, p_fqdn, p_log_path, null, p_run_id
  );
  raise warning 'lastgood could not record this event: %', p_error
    using errcode = p_sqlstate, hint = 'Report it again; a warning event was left.';
  return null;
exception
  when others then
    raise warning 'lastgood could not record this event: %', p_error
      using errcode = p_sqlstate, hint = 'Report it again when the database can be written to.';
    return null;
end;
$$;

--
-- Name: FUNCTION rescue_event(p_sqlstate text, p_error text, p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.rescue_event(p_sqlstate text, p_error text, p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text) IS 'Keeps what it can of a report whose append failed and warns the caller; never raises.';

--
-- Name: reset_config_value(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.reset_config_value(p_name text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_value text;
begin
  perform lastgood.get_config_value(p_name);
  select lastgood.set_config_value(k.name, k.default_value)
  into v_value
  from lastgood.config_key as k
  where k.name = p_name;
  delete from lastgood.config_value as v
  where v.name = p_name;
  return v_value;
end;
$$;

--
-- Name: FUNCTION reset_config_value(p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.reset_config_value(p_name text) IS 'Puts a config key back to its default, with the same record and check; returns the default.';

--
-- Name: retire_system(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.retire_system(p_fqdn text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_system_id bigint := lastgood.find_system(p_fqdn);
begin
  update lastgood.system as s
  set retired_at = lastgood.clock()
  where s.system_id = v_system_id and s.retired_at is null;
  if found then
    perform lastgood.add_audit_event(
      9113, format('%s retired system "%s".', session_user, p_fqdn), p_fqdn
    );
    perform lastgood.settle_live_alerts(array[p_fqdn]);
    perform lastgood.settle_live_alerts(null);
  end if;
end;
$$;

--
-- Name: FUNCTION retire_system(p_fqdn text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.retire_system(p_fqdn text) IS 'Stops watching a system: its alerts end, its history stays.';

--
-- Name: set_alert_after(text, interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.set_alert_after(p_fqdn text, p_alert_after interval) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_system_id bigint := lastgood.find_system(p_fqdn);
begin
  if p_alert_after <= interval '0' or not isfinite(p_alert_after) then
    raise exception 'the alert period "%" is not positive', p_alert_after
      using errcode = 'LG005', hint = 'Give an interval such as 36 hours or 2 days.';
  end if;
  update lastgood.system as s
  set alert_after = p_alert_after
  where s.system_id = v_system_id and s.alert_after is distinct from p_alert_after;
  if found then
    perform lastgood.add_audit_event(9112, format(
      '%s set the alert period of "%s" to %s.', session_user, p_fqdn,
      coalesce(p_alert_after::text, 'that of BackupAlertPeriodInDays')
    ), p_fqdn);
    perform lastgood.settle_live_alerts(array[p_fqdn]);
  end if;
end;
$$;

--
-- Name: FUNCTION set_alert_after(p_fqdn text, p_alert_after interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.set_alert_after(p_fqdn text, p_alert_after interval) IS 'Sets how old the full backup of a system may be; null follows BackupAlertPeriodInDays.';

--
-- Name: set_config_value(text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.set_config_value(p_name text, p_value text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_old    text;
  v_new    text;
  v_key    lastgood.config_key;
  v_defect text;
begin
  select k.name, k.type, k.valid_values, k.default_value, k.description
  into v_key
  from lastgood.config_key as k
  where k.name = p_name
  for no key update;
  v_old := lastgood.get_config_value(p_name);
  v_defect := lastgood.config_value_defect(v_key.type, v_key.valid_values, p_value);
  if v_defect is not null then
    raise exception 'cannot set value % to key %', coalesce(quote_literal(p_value), 'null'), p_name
      using errcode = 'LG002', hint = upper(left(v_defect, 1)) || substr(v_defect, 2) || '.';
  end if;
  v_new := case v_key.type
    when 'Integer' then p_value::bigint::text
    when 'ScopeList' then array_to_string(
      lastgood.tidy_scopes(regexp_split_to_array(btrim(p_value), '\s*,\s*')), ','
    )
    else p_value
  end;
  if v_new = v_old then
    return v_new;
  end if;
  insert into lastgood.config_value as v (name, value)
  values (p_name, v_new)
  on conflict (name) do update
    set value = excluded.value, set_at = excluded.set_at, set_by = excluded.set_by;
  perform lastgood.add_audit_event(
    9110, format('%s set %s from "%s" to "%s".', session_user, p_name, v_old, v_new)
  );
  perform pg_notify('lastgood_config', p_name);
  perform lastgood.check_backup_freshness();
  return v_new;
end;
$$;

--
-- Name: FUNCTION set_config_value(p_name text, p_value text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.set_config_value(p_name text, p_value text) IS 'Sets a config value after the rules of its key, records who did, and checks; returns the value.';

--
-- Name: set_reporters(text, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.set_reporters(p_fqdn text, p_reporters text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_system_id bigint := lastgood.find_system(p_fqdn);
  v_unknown   text;
begin
  select given.role
  into v_unknown
  from unnest(p_reporters) as given(role)
  where not exists (select from pg_catalog.pg_roles as r where r.rolname = given.role)
  limit 1;
  if found then
    raise exception 'there is no role "%"', v_unknown
      using errcode = 'LG007', hint = 'Create the role first, then name it as a reporter.';
  end if;
  update lastgood.system as s
  set reporters = nullif(p_reporters, '{}')
  where s.system_id = v_system_id and s.reporters is distinct from nullif(p_reporters, '{}');
  if found then
    perform lastgood.add_audit_event(9112, format(
      '%s let %s report about "%s".', session_user,
      coalesce(array_to_string(nullif(p_reporters, '{}'), ', '), 'every reporter'), p_fqdn
    ), p_fqdn);
  end if;
end;
$$;

--
-- Name: FUNCTION set_reporters(p_fqdn text, p_reporters text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.set_reporters(p_fqdn text, p_reporters text[]) IS 'Sets which roles may report about a system; null lets every reporter do so.';

--
-- Name: set_required_scopes(text, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.set_required_scopes(p_fqdn text, p_required_scopes text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_system_id bigint := lastgood.find_system(p_fqdn);
  v_scopes    text[];
begin
  if p_required_scopes is not null then
    v_scopes := lastgood.check_scopes(p_required_scopes);
  end if;
  update lastgood.system as s
  set required_scopes = v_scopes
  where s.system_id = v_system_id and s.required_scopes is distinct from v_scopes;
  if found then
    perform lastgood.add_audit_event(9112, format(
      '%s set the required scopes of "%s" to %s.', session_user, p_fqdn,
      coalesce(array_to_string(v_scopes, ', '), 'those of BackupRequiredScopes')
    ), p_fqdn);
    perform lastgood.settle_live_alerts(array[p_fqdn]);
  end if;
end;
$$;

--
-- Name: FUNCTION set_required_scopes(p_fqdn text, p_required_scopes text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.set_required_scopes(p_fqdn text, p_required_scopes text[]) IS 'Sets which scopes make a full backup of a system; null follows BackupRequiredScopes.';

--
-- Name: settle_alerts(text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.settle_alerts(p_fqdns text[]) RETURNS TABLE(fqdn text, change text, log_type_name text, audit_log_id bigint, message text)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '500ms'
    AS $$
declare
  v_bucket integer;
  v_fqdns  text[];
begin
  for v_bucket, v_fqdns in
    select (coalesce(s.system_id, 0) % 64)::integer, array_agg(given.fqdn)
    from unnest(p_fqdns) as given(fqdn)
    left join lastgood.system as s on s.fqdn = given.fqdn
    group by 1
    union all
    select 64, null
  loop
    continue when not pg_try_advisory_xact_lock('lastgood.audit_log'::regclass::integer, v_bucket);
    begin
      return query
      select c.fqdn, c.change, c.log_type_name, c.audit_log_id, c.message
      from lastgood.settle_live_alerts(v_fqdns) as c;
    exception
      when lock_not_available or serialization_failure or deadlock_detected then
        raise log 'lastgood left the alerts of bucket % to the next check: %', v_bucket, sqlerrm;
    end;
  end loop;
end;
$$;

--
-- Name: FUNCTION settle_alerts(p_fqdns text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.settle_alerts(p_fqdns text[]) IS 'Settles the alerts of these systems, and the general ones, where no other check is doing so.';

--
-- Name: settle_live_alerts(text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.settle_live_alerts(p_fqdns text[]) RETURNS TABLE(fqdn text, change text, log_type_name text, audit_log_id bigint, message text)
    LANGUAGE sql
    BEGIN ATOMIC
 WITH wanted AS MATERIALIZED (
          SELECT m.fqdn,
             t.log_type,
             t.log_type_name,
             t.severity,
             m.message
            FROM (( SELECT s.fqdn,
                     s.log_type_name,
                     s.message
                    FROM lastgood.alert_messages(settle_live_alerts.p_fqdns) s(fqdn, log_type_name, message)
                 UNION ALL
                  SELECT NULL::text AS fqdn,
                     g.log_type_name,
                     g.message
                    FROM lastgood.general_alert_messages() g(log_type_name, message)
                   WHERE (settle_live_alerts.p_fqdns IS NULL)) m
              JOIN lastgood.event_type t ON ((t.log_type_name = m.log_type_name)))
         ), live AS MATERIALIZED (
          SELECT a.audit_log_id,
             a.fqdn,
             a.log_type
            FROM lastgood.audit_log a
           WHERE ((a.severity = 10) AND (NOT a.deleted) AND (a.fqdn = ANY (settle_live_alerts.p_fqdns)))
         UNION ALL
          SELECT a.audit_log_id,
             a.fqdn,
             a.log_type
            FROM lastgood.audit_log a
           WHERE ((a.severity = 10) AND (NOT a.deleted) AND (a.fqdn IS NULL) AND (settle_live_alerts.p_fqdns IS NULL))
         ), ours AS MATERIALIZED (
          SELECT a.audit_log_id,
             a.fqdn,
             a.log_type
            FROM lastgood.audit_log a
           WHERE ((a.audit_log_id IN ( SELECT l.audit_log_id
                    FROM live l)) AND (NOT a.deleted))
          FOR NO KEY UPDATE OF a SKIP LOCKED
         ), taken AS MATERIALIZED (
          SELECT l.fqdn
            FROM live l
           WHERE ((l.fqdn IS NOT NULL) AND (NOT (l.audit_log_id IN ( SELECT o.audit_log_id
                    FROM ours o))))
         ), ended AS (
          UPDATE lastgood.audit_log a SET deleted = true, ended_at = lastgood.clock()
            FROM ours o
           WHERE ((a.audit_log_id = o.audit_log_id) AND (NOT (EXISTS ( SELECT
                    FROM wanted w
                   WHERE ((NOT (w.fqdn IS DISTINCT FROM o.fqdn)) AND (w.log_type = o.log_type))))))
           RETURNING a.fqdn,
             a.log_type_name,
             a.audit_log_id,
             a.message
         ), refreshed AS (
          UPDATE lastgood.audit_log a SET message = w.message, last_seen_at = lastgood.clock()
            FROM (ours o
              JOIN wanted w ON (((NOT (w.fqdn IS DISTINCT FROM o.fqdn)) AND (w.log_type = o.log_type))))
           WHERE ((a.audit_log_id = o.audit_log_id) AND ((a.message <> w.message) OR (a.last_seen_at < (lastgood.clock() - '00:01:00'::interval))))
         ), raised AS (
          INSERT INTO lastgood.audit_log (log_time, log_type, log_type_name, severity, message, fqdn, last_seen_at)  SELECT lastgood.clock() AS clock,
                     w.log_type,
                     w.log_type_name,
                     w.severity,
                     w.message,
                     w.fqdn,
                     lastgood.clock() AS clock
                    FROM wanted w
                   WHERE ((NOT (EXISTS ( SELECT
                            FROM taken t
                           WHERE (t.fqdn = w.fqdn)))) AND (NOT (EXISTS ( SELECT
                            FROM live l
                           WHERE ((NOT (l.fqdn IS DISTINCT FROM w.fqdn)) AND (l.log_type = w.log_type)))))) ON CONFLICT DO NOTHING
           RETURNING audit_log.fqdn,
             audit_log.log_type_name,
             audit_log.audit_log_id,
             audit_log.message
         )
  SELECT e.fqdn,
     'ended'::text AS change,
     e.log_type_name,
     e.audit_log_id,
     e.message
    FROM ended e
 UNION ALL
  SELECT r.fqdn,
     'raised'::text AS change,
     r.log_type_name,
     r.audit_log_id,
     r.message
    FROM raised r;
END;

--
-- Name: FUNCTION settle_live_alerts(p_fqdns text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.settle_live_alerts(p_fqdns text[]) IS 'Raises, refreshes and ends the alerts of these systems, with null the general ones.';

--
-- Name: tidy_scopes(text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.tidy_scopes(p_scopes text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN ((count(*) = count(tidy.scope)) AND (count(*) <= 100) AND bool_and(((tidy.scope <> ''::text) AND (char_length(tidy.scope) <= 64)))) THEN array_agg(tidy.scope ORDER BY tidy.place)
             ELSE NULL::text[]
         END AS "case"
    FROM ( SELECT given.scope,
             min(given.place) AS place
            FROM unnest(tidy_scopes.p_scopes) WITH ORDINALITY given(scope, place)
           GROUP BY given.scope) tidy;
END;

--
-- Name: FUNCTION tidy_scopes(p_scopes text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.tidy_scopes(p_scopes text[]) IS 'A list of scopes with each of them once, in order; null where it cannot be one.';

--
-- Name: log_engine_backup_event(text, timestamp with time zone, integer, text, text, text); Type: FUNCTION; Schema: lastgood_report; Owner: -
--

CREATE FUNCTION lastgood_report.log_engine_backup_event(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  perform lastgood.record_event(scope, done_at, status, output_message, fqdn, log_path);
end;
$$;

--
-- Name: FUNCTION log_engine_backup_event(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text); Type: COMMENT; Schema: lastgood_report; Owner: -
--

COMMENT ON FUNCTION lastgood_report.log_engine_backup_event(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text) IS 'Reports a backup: status 0 started, 1 completed, -1 failed. Never raises.';

--
-- Name: logenginebackupevent(text, timestamp with time zone, integer, text, text, text); Type: FUNCTION; Schema: lastgood_report; Owner: -
--

CREATE FUNCTION lastgood_report.logenginebackupevent(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  perform lastgood.record_event(scope, done_at, status, output_message, fqdn, log_path);
end;
$$;

--
-- Name: FUNCTION logenginebackupevent(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text); Type: COMMENT; Schema: lastgood_report; Owner: -
--

COMMENT ON FUNCTION lastgood_report.logenginebackupevent(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text) IS 'Reports a backup: status 0 started, 1 completed, -1 failed. Never raises.';

--
-- Name: active_alert; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.active_alert AS
 SELECT a.audit_log_id,
    a.log_type_name,
    a.fqdn,
    a.message,
    a.log_time AS raised_at,
    a.last_seen_at,
    a.dismissed_by,
    a.dismissed_until,
    COALESCE((a.dismissed_until > lastgood.clock()), false) AS is_dismissed
   FROM (lastgood.audit_log a
     LEFT JOIN LATERAL ( SELECT v.alert
           FROM lastgood.system_status v
          WHERE (v.fqdn = a.fqdn)
         LIMIT 1) s ON (true))
  WHERE ((a.severity = 10) AND (NOT a.deleted) AND
        CASE
            WHEN (a.fqdn IS NOT NULL) THEN (s.alert = a.log_type_name)
            WHEN (a.log_type_name = 'LASTGOOD_TOO_MANY_SYSTEMS'::text) THEN (EXISTS ( SELECT
               FROM lastgood.audit_log waiting
              WHERE waiting.awaits_system))
            ELSE (NOT (EXISTS ( SELECT
               FROM lastgood.system known
              WHERE (known.retired_at IS NULL))))
        END);

--
-- Name: VIEW active_alert; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.active_alert IS 'Live alerts whose condition still holds; dismissed ones are here too, with who and until when.';

--
-- Name: audit_log_audit_log_id_seq; Type: SEQUENCE; Schema: lastgood; Owner: -
--

ALTER TABLE lastgood.audit_log ALTER COLUMN audit_log_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lastgood.audit_log_audit_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: migrations; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.migrations (
    id integer NOT NULL,
    name character varying(100) NOT NULL,
    hash character varying(40) NOT NULL,
    executed_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);

--
-- Name: TABLE migrations; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.migrations IS 'Migrations that were applied, kept by postgres-migrations.';

--
-- Name: system_system_id_seq; Type: SEQUENCE; Schema: lastgood; Owner: -
--

ALTER TABLE lastgood.system ALTER COLUMN system_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lastgood.system_system_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: audit_log audit_log_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (audit_log_id);

--
-- Name: code_layer code_layer_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.code_layer
    ADD CONSTRAINT code_layer_pkey PRIMARY KEY (version);

--
-- Name: config_key config_key_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.config_key
    ADD CONSTRAINT config_key_pkey PRIMARY KEY (name);

--
-- Name: config_value config_value_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.config_value
    ADD CONSTRAINT config_value_pkey PRIMARY KEY (name);

--
-- Name: engine_backup_log engine_backup_log_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.engine_backup_log
    ADD CONSTRAINT engine_backup_log_pkey PRIMARY KEY (audit_log_id);

--
-- Name: event_type event_type_is_named_once; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.event_type
    ADD CONSTRAINT event_type_is_named_once UNIQUE (log_type_name);

--
-- Name: event_type event_type_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.event_type
    ADD CONSTRAINT event_type_pkey PRIMARY KEY (log_type);

--
-- Name: granted_role granted_role_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.granted_role
    ADD CONSTRAINT granted_role_pkey PRIMARY KEY (role_name, reach);

--
-- Name: last_check last_check_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.last_check
    ADD CONSTRAINT last_check_pkey PRIMARY KEY (is_only_row);

--
-- Name: migrations migrations_name_key; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.migrations
    ADD CONSTRAINT migrations_name_key UNIQUE (name);

--
-- Name: migrations migrations_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (id);

--
-- Name: system system_is_named_once; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.system
    ADD CONSTRAINT system_is_named_once UNIQUE (fqdn);

--
-- Name: system system_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.system
    ADD CONSTRAINT system_pkey PRIMARY KEY (system_id);

--
-- Name: alert_is_live_once; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE UNIQUE INDEX alert_is_live_once ON lastgood.audit_log USING btree (fqdn, log_type) WHERE ((severity = 10) AND (NOT deleted));

--
-- Name: audit_log_by_age; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX audit_log_by_age ON lastgood.audit_log USING brin (log_time);

--
-- Name: audit_log_by_system; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX audit_log_by_system ON lastgood.audit_log USING btree (fqdn, audit_log_id);

--
-- Name: event_is_recorded_once; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE UNIQUE INDEX event_is_recorded_once ON lastgood.audit_log USING btree (event_id) WHERE (event_id IS NOT NULL);

--
-- Name: general_alert_is_live_once; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE UNIQUE INDEX general_alert_is_live_once ON lastgood.audit_log USING btree (log_type) WHERE ((severity = 10) AND (NOT deleted) AND (fqdn IS NULL));

--
-- Name: report_awaiting_its_system; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX report_awaiting_its_system ON lastgood.audit_log USING btree (fqdn) WHERE awaits_system;

--
-- Name: report_by_time; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX report_by_time ON lastgood.audit_log USING btree (fqdn, scope, log_time, log_type) WHERE (done_at IS NOT NULL);

--
-- Name: report_is_recorded_once; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE UNIQUE INDEX report_is_recorded_once ON lastgood.audit_log USING btree (fqdn, scope, done_at, log_type) WHERE ((done_at IS NOT NULL) AND (event_id IS NULL));

--
-- Name: success_by_time; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX success_by_time ON lastgood.engine_backup_log USING btree (fqdn, scope, counts_from DESC) WHERE is_passed;

--
-- Name: config_value config_value_has_a_key; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.config_value
    ADD CONSTRAINT config_value_has_a_key FOREIGN KEY (name) REFERENCES lastgood.config_key(name);

--
-- Name: FUNCTION clock(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.clock() FROM PUBLIC;

--
-- Name: FUNCTION add_audit_event(p_log_type integer, p_message text, p_fqdn text, p_scope text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.add_audit_event(p_log_type integer, p_message text, p_fqdn text, p_scope text) FROM PUBLIC;

--
-- Name: FUNCTION add_system(p_fqdn text, p_required_scopes text[], p_alert_after interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.add_system(p_fqdn text, p_required_scopes text[], p_alert_after interval) FROM PUBLIC;

--
-- Name: FUNCTION alert_messages(p_fqdns text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.alert_messages(p_fqdns text[]) FROM PUBLIC;

--
-- Name: FUNCTION append_invalid_event(p_log_type integer, p_defect text, p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.append_invalid_event(p_log_type integer, p_defect text, p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text) FROM PUBLIC;

--
-- Name: FUNCTION append_nothing(p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text, p_log_type integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.append_nothing(p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text, p_log_type integer) FROM PUBLIC;

--
-- Name: FUNCTION execute_grants(p_role text, p_reach text, p_may_dump boolean); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.execute_grants(p_role text, p_reach text, p_may_dump boolean) FROM PUBLIC;

--
-- Name: FUNCTION apply_grants(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.apply_grants() FROM PUBLIC;

--
-- Name: FUNCTION check_backup_freshness(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_backup_freshness() FROM PUBLIC;

--
-- Name: FUNCTION check_scopes(p_scopes text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_scopes(p_scopes text[]) FROM PUBLIC;

--
-- Name: FUNCTION config_value_defect(p_type text, p_valid_values text, p_value text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.config_value_defect(p_type text, p_valid_values text, p_value text) FROM PUBLIC;

--
-- Name: FUNCTION reporter_search_path(p_role text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.reporter_search_path(p_role text) FROM PUBLIC;

--
-- Name: FUNCTION diagnose_roles(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.diagnose_roles() FROM PUBLIC;

--
-- Name: FUNCTION functions_hash(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.functions_hash() FROM PUBLIC;

--
-- Name: FUNCTION diagnose(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.diagnose() FROM PUBLIC;

--
-- Name: FUNCTION dismiss_alert(p_audit_log_id bigint, p_until timestamp with time zone); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.dismiss_alert(p_audit_log_id bigint, p_until timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION event_defect(p_scope text, p_done_at timestamp with time zone, p_status integer, p_fqdn text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.event_defect(p_scope text, p_done_at timestamp with time zone, p_status integer, p_fqdn text) FROM PUBLIC;

--
-- Name: FUNCTION find_event(p_event_id uuid, p_fqdn text, p_scope text, p_done_at timestamp with time zone, p_log_type integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.find_event(p_event_id uuid, p_fqdn text, p_scope text, p_done_at timestamp with time zone, p_log_type integer) FROM PUBLIC;

--
-- Name: FUNCTION find_system(p_fqdn text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.find_system(p_fqdn text) FROM PUBLIC;

--
-- Name: FUNCTION freshness_check_rule(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.freshness_check_rule() FROM PUBLIC;

--
-- Name: FUNCTION get_config_value(p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.get_config_value(p_name text) FROM PUBLIC;

--
-- Name: FUNCTION general_alert_messages(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.general_alert_messages() FROM PUBLIC;

--
-- Name: FUNCTION get_last_successful_engine_backup(p_scope text, p_fqdn text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.get_last_successful_engine_backup(p_scope text, p_fqdn text) FROM PUBLIC;

--
-- Name: FUNCTION grant_role(p_role text, p_reach text, p_may_dump boolean); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.grant_role(p_role text, p_reach text, p_may_dump boolean) FROM PUBLIC;

--
-- Name: FUNCTION grant_statements(p_role text, p_reach text, p_may_dump boolean); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.grant_statements(p_role text, p_reach text, p_may_dump boolean) FROM PUBLIC;

--
-- Name: FUNCTION judge_event(p_fqdn text, p_required_scopes text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.judge_event(p_fqdn text, p_required_scopes text[]) FROM PUBLIC;

--
-- Name: FUNCTION may_report(p_reporters text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.may_report(p_reporters text[]) FROM PUBLIC;

--
-- Name: FUNCTION merge_config_value(p_name text, p_value text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.merge_config_value(p_name text, p_value text) FROM PUBLIC;

--
-- Name: FUNCTION prune_events(p_batch integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.prune_events(p_batch integer) FROM PUBLIC;

--
-- Name: FUNCTION record_event(p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text, p_backup_id bigint, p_required_scopes text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.record_event(p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text, p_backup_id bigint, p_required_scopes text[]) FROM PUBLIC;

--
-- Name: FUNCTION register_awaited_systems(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.register_awaited_systems() FROM PUBLIC;

--
-- Name: FUNCTION register_system(p_fqdn text, p_required_scopes text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.register_system(p_fqdn text, p_required_scopes text[]) FROM PUBLIC;

--
-- Name: FUNCTION reinstate_system(p_fqdn text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.reinstate_system(p_fqdn text) FROM PUBLIC;

--
-- Name: FUNCTION remember_code_layer(p_version text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.remember_code_layer(p_version text) FROM PUBLIC;

--
-- Name: FUNCTION rescue_event(p_sqlstate text, p_error text, p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.rescue_event(p_sqlstate text, p_error text, p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text) FROM PUBLIC;

--
-- Name: FUNCTION reset_config_value(p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.reset_config_value(p_name text) FROM PUBLIC;

--
-- Name: FUNCTION retire_system(p_fqdn text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.retire_system(p_fqdn text) FROM PUBLIC;

--
-- Name: FUNCTION set_alert_after(p_fqdn text, p_alert_after interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.set_alert_after(p_fqdn text, p_alert_after interval) FROM PUBLIC;

--
-- Name: FUNCTION set_config_value(p_name text, p_value text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.set_config_value(p_name text, p_value text) FROM PUBLIC;

--
-- Name: FUNCTION set_reporters(p_fqdn text, p_reporters text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.set_reporters(p_fqdn text, p_reporters text[]) FROM PUBLIC;

--
-- Name: FUNCTION set_required_scopes(p_fqdn text, p_required_scopes text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.set_required_scopes(p_fqdn text, p_required_scopes text[]) FROM PUBLIC;

--
-- Name: FUNCTION settle_alerts(p_fqdns text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.settle_alerts(p_fqdns text[]) FROM PUBLIC;

--
-- Name: FUNCTION settle_live_alerts(p_fqdns text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.settle_live_alerts(p_fqdns text[]) FROM PUBLIC;

--
-- Name: FUNCTION tidy_scopes(p_scopes text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.tidy_scopes(p_scopes text[]) FROM PUBLIC;

--
-- Name: FUNCTION log_engine_backup_event(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text); Type: ACL; Schema: lastgood_report; Owner: -
--

REVOKE ALL ON FUNCTION lastgood_report.log_engine_backup_event(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text) FROM PUBLIC;

--
-- Name: FUNCTION logenginebackupevent(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text); Type: ACL; Schema: lastgood_report; Owner: -
--

REVOKE ALL ON FUNCTION lastgood_report.logenginebackupevent(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text) FROM PUBLIC;

--
-- PostgreSQL database dump complete
--
