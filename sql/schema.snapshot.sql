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
-- Name: add_items(bigint, uuid, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.add_items(p_backup_id bigint, p_token uuid, p_items jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  perform lastgood.own_backup(p_backup_id, p_token);
  return lastgood.insert_items(p_backup_id, p_items);
end;
$$;

--
-- Name: FUNCTION add_items(p_backup_id bigint, p_token uuid, p_items jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.add_items(p_backup_id bigint, p_token uuid, p_items jsonb) IS 'Adds items of a running backup; returns how many are new.';

--
-- Name: add_pack(bigint, bigint[], text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.add_pack(p_provider_id bigint, p_backup_copy_ids bigint[], p_name text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_pack_id bigint;
begin
  if p_name is null or p_name !~ '^[a-z0-9]{8,40}$' then
    raise exception 'this cannot be the name of a pack: %',
        coalesce(quote_literal(left(p_name, 200)), 'null')
      using errcode = 'LG021', hint = 'Use 8 to 40 lower-case letters and digits, at random.';
  end if;
  insert into lastgood.pack (provider_id, name, recipients)
  select p_provider_id, p_name, c.recipients
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_ids[1]
  on conflict (provider_id, name) do nothing
  returning pack_id into v_pack_id;
  if v_pack_id is null then
    raise exception 'there is a pack "%" already', p_name
      using errcode = 'LG037', hint = 'Choose another name at random.';
  end if;
  insert into lastgood.backup_copy_pack (backup_copy_id, pack_id)
  select given.backup_copy_id, v_pack_id
  from unnest(p_backup_copy_ids) as given(backup_copy_id);
end;
$_$;

--
-- Name: FUNCTION add_pack(p_provider_id bigint, p_backup_copy_ids bigint[], p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.add_pack(p_provider_id bigint, p_backup_copy_ids bigint[], p_name text) IS 'Makes the row of a pack that is about to be written, named by these copies.';

--
-- Name: add_provider(text, text, jsonb, text, text[], text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.add_provider(p_name text, p_type text, p_settings jsonb DEFAULT '{}'::jsonb, p_layout text DEFAULT NULL::text, p_recipients text[] DEFAULT '{}'::text[], p_group text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_layouts     text[];
  v_layout      text;
  v_recipients  text[];
  v_provider_id bigint;
begin
  perform lastgood.check_name(p_name);
  perform lastgood.check_settings(p_settings);
  select t.layouts
  into v_layouts
  from lastgood.provider_type as t
  where t.type = p_type;
  if not found then
    raise exception 'there is no provider type "%"', p_type
      using errcode = 'LG020', hint = 'Select the types from lastgood.provider_type.';
  end if;
  v_layout := coalesce(p_layout, v_layouts[1]);
  if v_layout is not null and v_layout <> all (v_layouts) then
    raise exception 'a provider of type "%" has no layout "%"', p_type, v_layout
      using errcode = 'LG023', hint = case when v_layouts = '{}' then 'It keeps nothing.'
        else 'It has: ' || array_to_string(v_layouts, ', ') || '.' end;
  end if;
  select coalesce(array_agg(distinct given.recipient), '{}')
  into v_recipients
  from unnest(p_recipients) as given(recipient)
  where given.recipient <> '';
  if v_recipients <> '{}' and v_layout is distinct from 'pack' then
    raise exception 'only layout pack can be encrypted, not %', coalesce(v_layout, 'none')
      using errcode = 'LG024', hint = case when 'pack' = any (v_layouts)
        then 'Files of a tree are plain, and hard links share them: use --layout pack.'
        else 'It keeps nothing that could be encrypted.' end;
  end if;
  if btrim(p_group) = '' then
    raise exception 'a group needs a name'
      using errcode = 'LG056', hint = 'Leave the group out for a provider that keeps everything.';
  end if;
  insert into lastgood.provider (name, type, settings, layout, recipients, group_name)
  values (p_name, p_type, p_settings, v_layout, v_recipients, p_group)
  on conflict (name) do nothing
  returning provider_id into v_provider_id;
  if v_provider_id is null then
    raise exception 'there is a provider "%" already', p_name
      using errcode = 'LG022', hint = 'Choose another name.';
  end if;
  perform lastgood.add_audit_event(
    9118, format('%s added provider "%s" of type %s.', session_user, p_name, p_type)
  );
  return v_provider_id;
end;
$$;

--
-- Name: FUNCTION add_provider(p_name text, p_type text, p_settings jsonb, p_layout text, p_recipients text[], p_group text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.add_provider(p_name text, p_type text, p_settings jsonb, p_layout text, p_recipients text[], p_group text) IS 'Adds a place that keeps backups; returns its id.';

--
-- Name: add_schedule(text, text, text, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.add_schedule(p_source text, p_pattern text, p_name text, p_options jsonb DEFAULT '{}'::jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_source_id bigint := lastgood.find_source(p_source);
  v_id        bigint;
begin
  perform lastgood.check_schedule_keys(coalesce(p_options, '{}'));
  v_id := lastgood.write_schedule(null, coalesce(p_options, '{}') || jsonb_build_object(
    'source_id', v_source_id, 'pattern', p_pattern, 'name', p_name
  ));
  perform lastgood.tell_of_schedule(9140, v_id, session_user, 'added', (
    select format('"%s" in %s', s.pattern, s.tz)
    from lastgood.schedule as s
    where s.schedule_id = v_id
  ));
  return v_id;
end;
$$;

--
-- Name: FUNCTION add_schedule(p_source text, p_pattern text, p_name text, p_options jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.add_schedule(p_source text, p_pattern text, p_name text, p_options jsonb) IS 'Adds a schedule of a source; returns its id.';

--
-- Name: add_source(text, text, text, text, jsonb, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.add_source(p_name text, p_type text, p_fqdn text, p_scope text, p_settings jsonb DEFAULT '{}'::jsonb, p_labels text[] DEFAULT '{}'::text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_scopes    text[] := lastgood.check_scopes(array[p_scope]);
  v_required  text[];
  v_source_id bigint;
begin
  perform lastgood.check_name(p_name);
  perform lastgood.check_settings(p_settings);
  if not exists (select from lastgood.source_type as t where t.type = p_type) then
    raise exception 'there is no source type "%"', p_type
      using errcode = 'LG020', hint = 'Select the types from lastgood.source_type.';
  end if;
  -- Of two sources of a system at once, the later one sees the scope of the first.
  perform pg_advisory_xact_lock(
    'lastgood.system'::regclass::integer, hashtext(coalesce(p_fqdn, '')) & 63
  );
  select coalesce(s.required_scopes, setting.required_scopes)
  into v_required
  from lastgood.system as s
  cross join lastgood.setting
  where s.fqdn = p_fqdn;
  if v_required is null then
    perform lastgood.add_system(p_fqdn, v_scopes);
  elsif p_scope <> all (v_required) then
    perform lastgood.set_required_scopes(p_fqdn, v_required || p_scope);
  end if;
  insert into lastgood.source (name, type, system_id, scope, settings, labels)
  values (
    p_name, p_type, lastgood.find_system(p_fqdn), p_scope, p_settings,
    lastgood.check_labels(p_labels)
  )
  on conflict (name) where deleted_at is null do nothing
  returning source_id into v_source_id;
  if v_source_id is null then
    raise exception 'there is a source "%" already', p_name
      using errcode = 'LG022', hint = 'Choose another name.';
  end if;
  perform lastgood.reinstate_system(p_fqdn);
  perform lastgood.add_audit_event(9116, format(
    '%s added source "%s" of type %s.', session_user, p_name, p_type
  ), p_fqdn, p_scope);
  return v_source_id;
end;
$$;

--
-- Name: FUNCTION add_source(p_name text, p_type text, p_fqdn text, p_scope text, p_settings jsonb, p_labels text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.add_source(p_name text, p_type text, p_fqdn text, p_scope text, p_settings jsonb, p_labels text[]) IS 'Adds something that lastgood backs up; its system is watched from now on. Returns its id.';

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
-- Name: adopt_pack(bigint, bigint[], text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.adopt_pack(p_provider_id bigint, p_backup_copy_ids bigint[], p_name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_count bigint;
begin
  perform lastgood.lock_provider(p_provider_id);
  select count(*)
  into v_count
  from lastgood.backup_copy as c
  where c.backup_copy_id = any (p_backup_copy_ids) and c.provider_id = p_provider_id
    and c.state = 'COMPLETE'
    and c.recipients = (
      select o.recipients
      from lastgood.backup_copy as o
      where o.backup_copy_id = p_backup_copy_ids[1]
    );
  if v_count = 0 or v_count <> cardinality(p_backup_copy_ids) then
    raise exception 'these copies cannot share a pack: %', coalesce(p_backup_copy_ids::text, 'none')
      using errcode = 'LG046',
        hint = 'They must be COMPLETE, lie at this provider and have the same recipients.';
  end if;
  perform lastgood.add_pack(p_provider_id, p_backup_copy_ids, p_name);
end;
$$;

--
-- Name: FUNCTION adopt_pack(p_provider_id bigint, p_backup_copy_ids bigint[], p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.adopt_pack(p_provider_id bigint, p_backup_copy_ids bigint[], p_name text) IS 'Names a pack of a repack as of these copies, before its first byte is written.';

--
-- Name: ahead_of_utc(timestamp without time zone, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.ahead_of_utc(p_utc timestamp without time zone, p_tz text) RETURNS interval
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT (((p_utc AT TIME ZONE 'UTC'::text) AT TIME ZONE p_tz) - p_utc);
END;

--
-- Name: FUNCTION ahead_of_utc(p_utc timestamp without time zone, p_tz text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.ahead_of_utc(p_utc timestamp without time zone, p_tz text) IS 'What the clocks of a time zone are ahead of UTC.';

--
-- Name: alert_messages(text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.alert_messages(p_fqdns text[]) RETURNS TABLE(fqdn text, log_type_name text, message text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "IntervalStyle" TO 'postgres'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    AS $$
begin
  return query
  with scopes as (
    select
      b.fqdn,
      string_agg(b.scope, ', ' order by b.scope) filter (where b.state = 'missing') as missing,
      string_agg(b.scope, ', ' order by b.scope) filter (where b.state = 'outdated') as outdated,
      string_agg(b.scope, ', ' order by b.scope) filter (where b.activity = 'failing') as failing,
      string_agg(b.scope, ', ' order by b.scope) filter (where b.activity = 'stuck') as stuck,
      -- What schedules have to do with it, scope by scope.
      string_agg(
        ' Scope ' || b.scope || ': ' || nullif(concat_ws(
          '; ',
          case when b.state = 'outdated' and b.due_by is not null then format(
            'due at %s UTC by its schedule %s',
            to_char(b.due_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), b.due_by
          ) end,
          lastgood.schedule_notes(b.fqdn, b.scope)
        ), '') || '.',
        '' order by b.scope
      ) filter (where b.state <> 'ok' and b.schedule_state <> 'none') as schedules
    from lastgood.backup_status as b
    where b.is_required and b.fqdn = any (p_fqdns)
    group by b.fqdn
  )
  select
    s.fqdn,
    s.alert,
    concat(
      case when s.last_full_backup_at is null
        then format(
          'There is no full backup of %s available (missing: %s).',
          coalesce(nullif(s.fqdn, ''), 'the system without a name'), scopes.missing
        )
        else format(
          'Full backup of %s was created on %s UTC and it''s too old'
            ' (age: %s, allowed: %s, outdated: %s).',
          coalesce(nullif(s.fqdn, ''), 'the system without a name'),
          to_char(s.last_full_backup_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
          date_trunc('second', s.age), s.alert_after, scopes.outdated
        )
      end,
      ' Its data is at risk: please run engine-backup, or your own backup tool,',
      ' to prevent data loss in case of corruption.',
      ' The last attempts failed: ' || scopes.failing || '.',
      ' Started and never ended: ' || scopes.stuck || '.',
      scopes.schedules,
      ' See ' || nullif((
        select c.value
        from lastgood.backup_config as c
        where c.name = 'BackupDocumentationUrl'
      ), '')
    )
  from lastgood.system_status as s
  join scopes on scopes.fqdn = s.fqdn
  where s.alert is not null and s.fqdn = any (p_fqdns);
end;
$$;

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
-- Name: attach_backups(bigint, jsonb, boolean); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.attach_backups(p_provider_id bigint, p_found jsonb, p_is_resumed boolean) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_found   jsonb;
  v_revived jsonb;
begin
  perform lastgood.lock_provider(p_provider_id);
  perform lastgood.insert_attached(p_found);
  -- From here on each has its backup.
  select coalesce(jsonb_agg(to_jsonb(f)), '[]')
  into v_found
  from lastgood.found_copies(p_found) as f;
  v_revived := lastgood.revive_backups(v_found);
  insert into lastgood.backup_copy (
    backup_id, provider_id, state, layout, recipients, group_name, manifest_key, manifest_sha256,
    manifest_size, proof_level, proven_at, last_result, last_checked_at, reason
  )
  select
    f.backup_id, p_provider_id, f.state, f.layout, f.recipients, f.group_name, f.manifest_key,
    f.manifest_sha256, f.manifest_size,
    case f.state when 'COMPLETE' then 1 else 0 end,
    case f.state when 'COMPLETE' then clock_timestamp() end,
    case f.state when 'COMPLETE' then 'ok' else lower(f.state) end, clock_timestamp(), f.reason
  from jsonb_to_recordset(v_found) as f(
    backup_id bigint, layout text, recipients text[], group_name text, manifest_key text,
    manifest_sha256 text, manifest_size bigint, state text, reason text
  );
  perform lastgood.attach_packs(p_provider_id, v_found);
  perform lastgood.attach_parents(p_provider_id, v_found);
  -- A group that was not there before may have further items, and lack some.
  update lastgood.backup as b
  set items_known = false,
    state = case when b.state = 'COMPLETE' and f.missing is distinct from 0 then 'PARTIAL'
      else b.state end,
    reason = case
      when b.state <> 'COMPLETE' or f.missing = 0 then b.reason
      else format('%s of group "%s" could not be read',
        coalesce(f.missing::text, 'an unknown number'), f.group_name)
    end
  from jsonb_to_recordset(v_found) as f(backup_id bigint, group_name text, missing bigint)
  where b.backup_id = f.backup_id and f.group_name is not null
    and b.attached_at is not null;
  if p_is_resumed then
    update lastgood.backup as b
    set source_id = f.source_id
    from jsonb_to_recordset(v_found) as f(backup_id bigint, source_id bigint)
    where b.backup_id = f.backup_id and b.origin is not null and b.source_id <> f.source_id;
  end if;
  return v_revived;
exception
  when check_violation or not_null_violation or foreign_key_violation or data_exception then
    raise exception 'something that was found there cannot be: %', sqlerrm
      using errcode = 'LG059', hint = 'This is what lastgood provider attach makes of manifests.';
end;
$$;

--
-- Name: FUNCTION attach_backups(p_provider_id bigint, p_found jsonb, p_is_resumed boolean); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.attach_backups(p_provider_id bigint, p_found jsonb, p_is_resumed boolean) IS 'Adds backups that were found at a place, and their copies; returns those that are good again.';

--
-- Name: backup_copy; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.backup_copy (
    backup_copy_id bigint NOT NULL,
    backup_id bigint NOT NULL,
    provider_id bigint NOT NULL,
    state text DEFAULT 'RUNNING'::text NOT NULL,
    layout text NOT NULL,
    recipients text[] DEFAULT '{}'::text[] NOT NULL,
    manifest_key text,
    manifest_sha256 text,
    manifest_size bigint,
    stored_bytes bigint,
    proof_level smallint DEFAULT 0 NOT NULL,
    proven_at timestamp with time zone,
    last_result text,
    last_checked_at timestamp with time zone,
    reason text,
    group_name text,
    is_begun boolean DEFAULT true NOT NULL,
    CONSTRAINT copy_state_is_known CHECK ((state = ANY (ARRAY['RUNNING'::text, 'COMPLETE'::text, 'CORRUPT'::text, 'MISSING'::text, 'DELETING'::text, 'DELETED'::text, 'DELETE_FAILED'::text]))),
    CONSTRAINT good_copy_has_a_manifest CHECK (((state <> ALL (ARRAY['COMPLETE'::text, 'CORRUPT'::text, 'MISSING'::text])) OR ((manifest_key IS NOT NULL) AND (manifest_sha256 IS NOT NULL) AND (manifest_size IS NOT NULL)))),
    CONSTRAINT layout_of_copy_is_known CHECK ((layout = ANY (ARRAY['pack'::text, 'tree'::text, 'ovf-store'::text]))),
    CONSTRAINT manifest_hash_is_hex CHECK ((manifest_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT proof_level_is_known CHECK (((proof_level >= 0) AND (proof_level <= 5))),
    CONSTRAINT verification_result_is_known CHECK ((last_result = ANY (ARRAY['ok'::text, 'corrupt'::text, 'missing'::text, 'unverifiable'::text, 'could_not_check'::text])))
);

--
-- Name: TABLE backup_copy; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.backup_copy IS 'The bytes of a backup at one provider, and how far they are proven.';

--
-- Name: COLUMN backup_copy.manifest_key; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup_copy.manifest_key IS 'The object that lists what is in it.';

--
-- Name: COLUMN backup_copy.stored_bytes; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup_copy.stored_bytes IS 'What this copy added to the provider.';

--
-- Name: COLUMN backup_copy.proof_level; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup_copy.proof_level IS '0 reported, 1 stored, 2 checksummed, 3 decoded, 4 restored, 5 assertions held.';

--
-- Name: COLUMN backup_copy.proven_at; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup_copy.proven_at IS 'When that level was last reached.';

--
-- Name: backup_copy_pack; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.backup_copy_pack (
    backup_copy_id bigint NOT NULL,
    pack_id bigint NOT NULL,
    used_bytes bigint
);

--
-- Name: TABLE backup_copy_pack; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.backup_copy_pack IS 'Which copies name which packs; a pack that none names is removed.';

--
-- Name: COLUMN backup_copy_pack.used_bytes; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup_copy_pack.used_bytes IS 'How much of the pack the copy uses; null until it is sealed.';

--
-- Name: pack; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.pack (
    pack_id bigint NOT NULL,
    provider_id bigint NOT NULL,
    name text NOT NULL,
    state text DEFAULT 'RUNNING'::text NOT NULL,
    recipients text[] DEFAULT '{}'::text[] NOT NULL,
    size_bytes bigint,
    sha256 text,
    contents bytea,
    added_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    suspected_at timestamp with time zone,
    is_held boolean DEFAULT false NOT NULL,
    forgotten_at timestamp with time zone,
    CONSTRAINT complete_pack_is_described CHECK (((state <> 'COMPLETE'::text) OR ((size_bytes IS NOT NULL) AND (sha256 IS NOT NULL)))),
    CONSTRAINT pack_hash_is_hex CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT pack_name_is_plain CHECK ((name ~ '^[a-z0-9]{8,40}$'::text)),
    CONSTRAINT pack_state_is_known CHECK ((state = ANY (ARRAY['RUNNING'::text, 'COMPLETE'::text, 'DELETING'::text])))
);
ALTER TABLE ONLY lastgood.pack ALTER COLUMN contents SET STORAGE EXTERNAL;

--
-- Name: TABLE pack; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.pack IS 'Large objects at a provider that hold content of one or several copies.';

--
-- Name: COLUMN pack.contents; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.pack.contents IS 'An index of what is in it; read by the layout.';

--
-- Name: COLUMN pack.suspected_at; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.pack.suspected_at IS 'Since when a copy that names it is known to be bad: new backups do not rely on it.';

--
-- Name: COLUMN pack.forgotten_at; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.pack.forgotten_at IS 'Since when a pack is gone that was never complete: it may yet be written late.';

--
-- Name: attach_packs(bigint, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.attach_packs(p_provider_id bigint, p_found jsonb) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO lastgood.pack (provider_id, name, state, recipients, size_bytes, sha256)  SELECT DISTINCT ON (k.name) attach_packs.p_provider_id AS p_provider_id,
             k.name,
             'COMPLETE',
             f.recipients,
             k.size,
             k.sha256
            FROM (jsonb_to_recordset(attach_packs.p_found) f(recipients text[], packs jsonb)
              CROSS JOIN LATERAL jsonb_to_recordset(f.packs) k(name text, size bigint, sha256 text))
           ORDER BY k.name ON CONFLICT(provider_id, name) DO NOTHING;
 INSERT INTO lastgood.backup_copy_pack (backup_copy_id, pack_id, used_bytes)  SELECT c.backup_copy_id,
             p.pack_id,
             sum(k.used) AS sum
            FROM (((jsonb_to_recordset(attach_packs.p_found) f(backup_id bigint, packs jsonb)
              JOIN lastgood.backup_copy c ON (((c.backup_id = f.backup_id) AND (c.provider_id = attach_packs.p_provider_id))))
              CROSS JOIN LATERAL jsonb_to_recordset(f.packs) k(name text, used bigint))
              JOIN lastgood.pack p ON (((p.provider_id = attach_packs.p_provider_id) AND (p.name = k.name))))
           GROUP BY c.backup_copy_id, p.pack_id;
END;

--
-- Name: FUNCTION attach_packs(p_provider_id bigint, p_found jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.attach_packs(p_provider_id bigint, p_found jsonb) IS 'Makes the rows of packs that copies which were found at a place name.';

--
-- Name: attach_parents(bigint, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.attach_parents(p_provider_id bigint, p_found jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update lastgood.backup as b
  set parent_id = r.parent_id
  from (
    select
      f.backup_id,
      (
        select o.backup_id
        from (
          select named.backup_id, named.origin, named.started_at
          from lastgood.backup as named
          where named.origin_name = f.parent
          union all
          select own.backup_id, i.installation_id, own.started_at
          from lastgood.backup as own
          cross join lastgood.installation as i
          where own.name = f.parent and own.origin is null
        ) as o
        where o.started_at < f.started_at
          and (
            o.origin = f.origin
            or exists (
              select
              from lastgood.backup_copy as c
              where c.backup_id = o.backup_id and c.provider_id = p_provider_id
            )
          )
        order by (o.origin = f.origin) desc, o.backup_id desc
        limit 1
      ) as parent_id
    from jsonb_to_recordset(p_found) as f(
      backup_id bigint, origin uuid, parent text, started_at timestamptz
    )
    where f.parent is not null
  ) as r
  where b.backup_id = r.backup_id and b.type = 'incremental' and b.parent_id is null;
end;
$$;

--
-- Name: FUNCTION attach_parents(p_provider_id bigint, p_found jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.attach_parents(p_provider_id bigint, p_found jsonb) IS 'Lets incremental backups that were found know what they build on.';

--
-- Name: attach_provider(text, text, jsonb, text, text[], text, uuid, uuid); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.attach_provider(p_name text, p_type text, p_settings jsonb, p_layout text, p_recipients text[], p_group text, p_installation uuid, p_marker uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_name text;
begin
  select p.name
  into v_name
  from lastgood.provider as p
  join lastgood.installation as i on i.installation_id = p_installation
  where p.marker = p_marker;
  if found then
    raise exception 'the place is in use here, as provider "%"', v_name
      using errcode = 'LG057',
        hint = 'Its backups are known. Where some are missing: lastgood provider detach ' || v_name
          || ', then attach it again.';
  end if;
  return lastgood.add_provider(p_name, p_type, p_settings, p_layout, p_recipients, p_group);
end;
$$;

--
-- Name: FUNCTION attach_provider(p_name text, p_type text, p_settings jsonb, p_layout text, p_recipients text[], p_group text, p_installation uuid, p_marker uuid); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.attach_provider(p_name text, p_type text, p_settings jsonb, p_layout text, p_recipients text[], p_group text, p_installation uuid, p_marker uuid) IS 'Adds a place of another owner, or of a provider that was detached; returns its id.';

--
-- Name: attach_source(uuid, text, text, text, text, jsonb, boolean); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.attach_source(p_origin uuid, p_name text, p_type text, p_fqdn text, p_scope text, p_settings jsonb, p_is_resumed boolean) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_source_id  bigint;
  v_system_id  bigint;
  v_deleted_at timestamptz := case when not p_is_resumed then clock_timestamp() end;
begin
  perform lastgood.check_scopes(array[p_scope]);
  perform lastgood.check_name(p_name);
  perform lastgood.check_settings(p_settings);
  if not exists (select from lastgood.source_type as t where t.type = p_type) then
    raise exception 'there is no source type "%"', p_type
      using errcode = 'LG020', hint = 'Select the types from lastgood.source_type.';
  end if;
  v_system_id := lastgood.attach_system(p_fqdn, p_scope, p_is_resumed);
  select s.source_id
  into v_source_id
  from lastgood.source as s
  cross join lastgood.installation as i
  cross join lateral (
    select
      s.origin is null and i.installation_id = p_origin and s.name = p_name as is_own,
      coalesce(s.origin = p_origin and s.origin_name = p_name, false) as is_same,
      s.deleted_at is null as is_live
  ) as r
  where s.type = p_type and s.system_id = v_system_id and s.scope = p_scope
    and (
      r.is_own
      or p_is_resumed and (r.is_same or r.is_live and s.name = p_name)
      or not p_is_resumed and r.is_same and not r.is_live
    )
  order by r.is_own desc, r.is_live desc, r.is_same desc, s.source_id desc
  limit 1
  for no key update of s;
  if not found then
    insert into lastgood.source
      (name, type, system_id, scope, settings, deleted_at, origin, origin_name)
    values (
      case when p_is_resumed then lastgood.free_source_name(p_name) else p_name end,
      p_type, v_system_id, p_scope, p_settings, v_deleted_at, p_origin, p_name
    )
    returning source_id into v_source_id;
  elsif p_is_resumed then
    -- One that was attached beside, or whose settings could not be read then.
    update lastgood.source as s
    set deleted_at = null,
      name = case when s.deleted_at is null then s.name
        else lastgood.free_source_name(s.name) end,
      settings = case s.settings when '{}' then p_settings else s.settings end
    where s.source_id = v_source_id and s.origin is not null
      and (s.deleted_at is not null or s.settings = '{}');
  end if;
  return v_source_id;
end;
$$;

--
-- Name: FUNCTION attach_source(p_origin uuid, p_name text, p_type text, p_fqdn text, p_scope text, p_settings jsonb, p_is_resumed boolean); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.attach_source(p_origin uuid, p_name text, p_type text, p_fqdn text, p_scope text, p_settings jsonb, p_is_resumed boolean) IS 'The source of backups that are attached, made where it is not known; returns its id.';

--
-- Name: attach_system(text, text, boolean); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.attach_system(p_fqdn text, p_scope text, p_is_watched boolean) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if p_fqdn is null or p_fqdn = '' or char_length(p_fqdn) > 255 then
    raise exception 'a system needs a name of at most 255 characters'
      using errcode = 'LG006', hint = 'Use the name with which it reports, its fqdn.';
  end if;
  perform pg_advisory_xact_lock('lastgood.system'::regclass::integer, hashtext(p_fqdn) & 63);
  insert into lastgood.system (fqdn, required_scopes, retired_at)
  values (p_fqdn, array[p_scope], case when not p_is_watched then clock_timestamp() end)
  on conflict (fqdn) do nothing;
  if found and p_is_watched then
    perform lastgood.add_audit_event(
      9111, format('%s attached backups of system "%s".', session_user, p_fqdn), p_fqdn
    );
  end if;
  return lastgood.find_system(p_fqdn);
end;
$$;

--
-- Name: FUNCTION attach_system(p_fqdn text, p_scope text, p_is_watched boolean); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.attach_system(p_fqdn text, p_scope text, p_is_watched boolean) IS 'The id of the system of a source that is attached, made where it is not known.';

--
-- Name: begin_backup(bigint, bigint[], text, boolean, bigint, bigint, text, interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.begin_backup(p_source_id bigint, p_providers bigint[], p_name text, p_is_incremental boolean, p_parent_id bigint, p_schedule_id bigint, p_host text, p_lease interval) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_parent_id  bigint;
  v_full_chain integer;
  v_backup_id  bigint;
  v_token      uuid;
  v_backup     jsonb;
begin
  perform lastgood.check_room(p_source_id, p_providers);
  if p_is_incremental or p_parent_id is not null then
    v_parent_id := lastgood.choose_parent(p_source_id, p_providers, p_is_incremental, p_parent_id);
    v_full_chain := lastgood.full_chain(v_parent_id, (
      select s.max_chain
      from lastgood.schedule as s
      where s.schedule_id = p_schedule_id
    ));
    if v_full_chain is not null then
      v_parent_id := null;
    end if;
  end if;
  insert into lastgood.backup (name, source_id, type, parent_id, schedule_id, lease_until, host)
  values (
    p_name, p_source_id, case when v_parent_id is null then 'full' else 'incremental' end,
    v_parent_id, p_schedule_id, lastgood.lease_end(p_lease), p_host
  )
  returning backup_id, token
  into v_backup_id, v_token;
  insert into lastgood.backup_copy (
    backup_id, provider_id, layout, recipients, group_name, is_begun
  )
  select
    v_backup_id,
    p.provider_id,
    -- What is no tree of files gains nothing from plain folders, and would lie there uncompressed.
    case when t.is_tree or y.layouts @> '{pack}' is not true then p.layout else 'pack' end,
    p.recipients,
    p.group_name,
    false
  from lastgood.provider as p
  join lastgood.provider_type as y on y.type = p.type
  cross join lastgood.source as s
  join lastgood.source_type as t on t.type = s.type
  where s.source_id = p_source_id and p.provider_id = any (p_providers)
  order by p.provider_id;
  v_backup := lastgood.describe_backup(v_backup_id);
  perform lastgood.report_backup(v_backup_id, 0, format(
    'A backup of source "%s" was started%s.', v_backup ->> 'source', ' on ' || p_host
  ));
  return v_backup || jsonb_build_object(
    'token', v_token,
    'fell_back', p_is_incremental and v_parent_id is null and v_full_chain is null,
    'full_chain', v_full_chain,
    'exclude_tables', array_remove(
      regexp_split_to_array(btrim(lastgood.get_config_value('BackupExcludeTables')), '\s*,\s*'), ''
    ),
    'copies', lastgood.describe_copies(v_backup_id)
  );
end;
$$;

--
-- Name: FUNCTION begin_backup(p_source_id bigint, p_providers bigint[], p_name text, p_is_incremental boolean, p_parent_id bigint, p_schedule_id bigint, p_host text, p_lease interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.begin_backup(p_source_id bigint, p_providers bigint[], p_name text, p_is_incremental boolean, p_parent_id bigint, p_schedule_id bigint, p_host text, p_lease interval) IS 'Begins a backup and reports it; returns all that making it needs, its token too.';

--
-- Name: begin_copy(bigint, uuid, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.begin_copy(p_backup_copy_id bigint, p_token uuid, p_found text[] DEFAULT '{}'::text[]) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_provider_id bigint  := lastgood.own_copy(p_backup_copy_id, p_token);
  v_is_free     boolean := coalesce(p_found, '{}') = '{}';
begin
  if v_is_free then
    update lastgood.backup_copy as c
    set is_begun = true
    where c.backup_copy_id = p_backup_copy_id;
    return true;
  end if;
  perform lastgood.lock_provider(v_provider_id);
  perform lastgood.note_unreadable(v_provider_id, p_found || (
    select p.unreadable
    from lastgood.provider as p
    where p.provider_id = v_provider_id
  ));
  return false;
end;
$$;

--
-- Name: FUNCTION begin_copy(p_backup_copy_id bigint, p_token uuid, p_found text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.begin_copy(p_backup_copy_id bigint, p_token uuid, p_found text[]) IS 'Says that a copy is about to be written; false where something lies there under its name.';

--
-- Name: begin_pack(bigint, uuid, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.begin_pack(p_backup_copy_id bigint, p_token uuid, p_name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_provider_id bigint := lastgood.own_copy(p_backup_copy_id, p_token);
begin
  perform lastgood.add_pack(v_provider_id, array[p_backup_copy_id], p_name);
end;
$$;

--
-- Name: FUNCTION begin_pack(p_backup_copy_id bigint, p_token uuid, p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.begin_pack(p_backup_copy_id bigint, p_token uuid, p_name text) IS 'Names a pack as of this copy, before its first byte is written.';

--
-- Name: cancel_execution(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.cancel_execution(p_execution_id bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_execution lastgood.execution := lastgood.lock_execution(p_execution_id);
  v_reason    text := 'cancelled by ' || session_user;
  v_state     text := v_execution.state;
begin
  if v_execution.finished_at is not null then
    raise exception 'execution % has ended already: %', p_execution_id, v_state
      using errcode = 'LG078', hint = 'Nothing is left to be cancelled.';
  elsif v_state = 'RUNNING' then
    v_state := lastgood.end_execution(v_execution, 'CANCELLED', v_reason);
  else
    v_state := 'CANCELLED';
    update lastgood.execution as e
    set state = 'CANCELLED', finished_at = clock_timestamp(), reason = v_reason,
      output = jsonb_build_object(
        'status', 'CANCELLED', 'backup_id', e.backup_id, 'error', v_reason
      )
    where e.execution_id = p_execution_id;
  end if;
  perform lastgood.tell_of_execution(9145, v_execution, 'cancelled');
  return v_state;
end;
$$;

--
-- Name: FUNCTION cancel_execution(p_execution_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.cancel_execution(p_execution_id bigint) IS 'Cancels an execution that waits or runs; returns its state.';

--
-- Name: execution; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.execution (
    execution_id bigint NOT NULL,
    schedule_id bigint NOT NULL,
    slot_at timestamp with time zone,
    queued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    not_before timestamp with time zone,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    state text DEFAULT 'QUEUED'::text NOT NULL,
    reason text,
    attempt integer DEFAULT 1 NOT NULL,
    worker text,
    host text,
    backup_id bigint,
    output jsonb,
    requested_by text,
    is_late boolean DEFAULT false NOT NULL,
    lease interval,
    lease_until timestamp with time zone,
    token uuid,
    CONSTRAINT execution_finishes_when_it_ends CHECK (((state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text])) = (finished_at IS NULL))),
    CONSTRAINT execution_state_is_known CHECK ((state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'SUCCESS'::text, 'PARTIAL'::text, 'ERROR'::text, 'SKIPPED'::text, 'MISSED'::text, 'CANCELLED'::text, 'INTERRUPTED'::text]))),
    CONSTRAINT running_execution_has_a_lease CHECK (((state = 'RUNNING'::text) = ((lease IS NOT NULL) AND (lease_until IS NOT NULL) AND (token IS NOT NULL))))
);

--
-- Name: TABLE execution; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.execution IS 'Runs of the slots of schedules, also of those that were skipped or missed.';

--
-- Name: COLUMN execution.slot_at; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.execution.slot_at IS 'When it was due; null where it was asked for.';

--
-- Name: COLUMN execution.output; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.execution.output IS 'Of the last attempt: status, backup_id, error.';

--
-- Name: COLUMN execution.is_late; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.execution.is_late IS 'Whether its slot had been missed, so that it makes up for it.';

--
-- Name: COLUMN execution.token; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.execution.token IS 'Keeps a worker that was taken for dead from going on; no secret.';

--
-- Name: cancel_waiting(bigint, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.cancel_waiting(p_schedule_id bigint, p_reason text) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 UPDATE lastgood.execution SET state = ended.state, finished_at = clock_timestamp(), reason = ended.reason, output = jsonb_build_object('status', ended.state, 'backup_id', execution.backup_id, 'error', ended.reason)
    FROM ( SELECT w.execution_id,
                 CASE
                     WHEN failed.is_true THEN (w.output ->> 'status'::text)
                     ELSE 'CANCELLED'::text
                 END AS state,
                 CASE
                     WHEN failed.is_true THEN concat_ws('; '::text, (w.output ->> 'error'::text), ('not tried again: '::text || cancel_waiting.p_reason))
                     ELSE cancel_waiting.p_reason
                 END AS reason
            FROM (lastgood.execution w
              CROSS JOIN LATERAL ( SELECT ((w.attempt > 1) AND (((w.output ->> 'status'::text) = ANY (ARRAY['ERROR'::text, 'INTERRUPTED'::text])) IS TRUE)) AS is_true) failed)
           WHERE ((w.schedule_id = cancel_waiting.p_schedule_id) AND (w.state = 'QUEUED'::text))) ended
   WHERE ((execution.execution_id = ended.execution_id) AND (execution.state = 'QUEUED'::text));
END;

--
-- Name: FUNCTION cancel_waiting(p_schedule_id bigint, p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.cancel_waiting(p_schedule_id bigint, p_reason text) IS 'Cancels what waits of a schedule, with a reason; a retry ends as its last attempt did.';

--
-- Name: backup; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.backup (
    backup_id bigint NOT NULL,
    name text NOT NULL,
    source_id bigint NOT NULL,
    type text NOT NULL,
    parent_id bigint,
    state text DEFAULT 'RUNNING'::text NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    lease_until timestamp with time zone,
    token uuid DEFAULT gen_random_uuid(),
    started_event uuid DEFAULT gen_random_uuid() NOT NULL,
    ended_event uuid DEFAULT gen_random_uuid() NOT NULL,
    started_by text DEFAULT SESSION_USER NOT NULL,
    host text,
    size_bytes bigint,
    entries bigint,
    reason text,
    missing jsonb DEFAULT '[]'::jsonb NOT NULL,
    not_collected text[] DEFAULT '{}'::text[] NOT NULL,
    versions jsonb DEFAULT '{}'::jsonb NOT NULL,
    held_at timestamp with time zone,
    held_by text,
    hold_reason text,
    deleted_at timestamp with time zone,
    groups text[] DEFAULT '{}'::text[] NOT NULL,
    origin uuid,
    origin_name text,
    attached_at timestamp with time zone,
    items_known boolean DEFAULT true NOT NULL,
    schedule_id bigint,
    CONSTRAINT backup_ends_when_it_runs_no_more CHECK (((state = 'RUNNING'::text) = (ended_at IS NULL))),
    CONSTRAINT backup_name_is_plain CHECK ((name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$'::text)),
    CONSTRAINT backup_state_is_known CHECK ((state = ANY (ARRAY['RUNNING'::text, 'COMPLETE'::text, 'PARTIAL'::text, 'FAILED'::text, 'DELETING'::text, 'DELETED'::text, 'DELETE_FAILED'::text]))),
    CONSTRAINT backup_type_is_known CHECK ((type = ANY (ARRAY['full'::text, 'incremental'::text]))),
    CONSTRAINT full_backup_has_no_parent CHECK (((type = 'incremental'::text) OR (parent_id IS NULL))),
    CONSTRAINT hold_names_who_and_when CHECK (((held_at IS NULL) = (held_by IS NULL))),
    CONSTRAINT origin_has_a_name CHECK (((origin IS NULL) = (origin_name IS NULL))),
    CONSTRAINT running_backup_has_a_lease CHECK (((state = 'RUNNING'::text) = ((lease_until IS NOT NULL) AND (token IS NOT NULL))))
);

--
-- Name: TABLE backup; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.backup IS 'Backups that lastgood made or makes; rows stay when they are deleted.';

--
-- Name: COLUMN backup.lease_until; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup.lease_until IS 'Until when whoever makes it is believed to be there; null once it has ended.';

--
-- Name: COLUMN backup.token; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup.token IS 'Known to whoever makes it, and needed to seal it; null once it has ended.';

--
-- Name: COLUMN backup.started_event; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup.started_event IS 'The event id of the report of its start.';

--
-- Name: COLUMN backup.ended_event; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup.ended_event IS 'The event id of the report of its end.';

--
-- Name: COLUMN backup.missing; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup.missing IS 'What could not be read: a list of path and reason.';

--
-- Name: COLUMN backup.not_collected; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup.not_collected IS 'What was not collected, such as xattrs.';

--
-- Name: COLUMN backup.versions; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup.versions IS 'Versions of servers and programs.';

--
-- Name: COLUMN backup.origin; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup.origin IS 'The installation that made it; null for this one.';

--
-- Name: COLUMN backup.items_known; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup.items_known IS 'Whether backup_item has its items; of an attached one, once somebody has asked for them.';

--
-- Name: COLUMN backup.schedule_id; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.backup.schedule_id IS 'By whose keep_* settings it goes one day; null was asked for by somebody.';

--
-- Name: chain_length(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.chain_length(p_backup_id bigint) RETURNS integer
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH RECURSIVE chain(parent_id, state) AS (
          SELECT b.parent_id,
             b.state
            FROM lastgood.backup b
           WHERE (b.backup_id = chain_length.p_backup_id)
         UNION ALL
          SELECT b.parent_id,
             b.state
            FROM (chain c_1
              JOIN lastgood.backup b ON ((b.backup_id = c_1.parent_id)))
         )
  SELECT
         CASE
             WHEN bool_and((c.state = ANY (ARRAY['COMPLETE'::text, 'PARTIAL'::text]))) THEN (count(*))::integer
             ELSE NULL::integer
         END AS "case"
    FROM chain c;
END;

--
-- Name: FUNCTION chain_length(p_backup_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.chain_length(p_backup_id bigint) IS 'How many backups a chain has; null where one of them is gone.';

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
-- Name: check_deletable(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_deletable(p_backup_id bigint) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_code   text;
  v_defect text;
  v_hint   text;
begin
  select r.code, r.defect, r.hint
  into v_code, v_defect, v_hint
  from lastgood.backup as b
  join lastgood.source as s on s.source_id = b.source_id
  left join lateral (
    select c.schedule_id, c.name
    from lastgood.schedule as c
    where c.parent_id = b.backup_id and c.deleted_at is null
    order by c.schedule_id
    limit 1
  ) as builder on true
  cross join lateral (
    values
      (b.state = 'RUNNING', 'LG039', 'is running', 'Wait for its end, or stop it.'),
      (b.state = 'DELETED', 'LG045', 'is deleted already', 'Its row stays for the history.'),
      (b.state in ('COMPLETE', 'PARTIAL') and b.held_at is not null, 'LG041',
       'is held by ' || coalesce(b.held_by, '') || coalesce(': ' || b.hold_reason, ''),
       'Release it first: lastgood backup release ' || b.name),
      (b.state in ('COMPLETE', 'PARTIAL') and exists (
        select
        from lastgood.backup as child
        where child.parent_id = b.backup_id
          and child.state not in ('FAILED', 'DELETED', 'DELETING')
      ), 'LG040', 'is the parent of others', 'Delete those that build on it first.'),
      (b.state in ('COMPLETE', 'PARTIAL') and builder.schedule_id is not null, 'LG040',
       format('is what schedule "%s" builds on', builder.name),
       format('Let it build on another one, lastgood schedule update %s --parent BACKUP, or delete'
         ' it first.', builder.schedule_id)),
      (exists (
        select
        from lastgood.restore as r
        where r.backup_id = b.backup_id and r.state = 'RUNNING'
          and r.lease_until > clock_timestamp()
      ), 'LG042', 'is being restored', 'Wait for the end of the restore.'),
      (s.deleted_at is null and b.backup_id = (
        select g.backup_id
        from lastgood.backup_summary as g
        where g.source_id = b.source_id and g.is_good
        order by g.ended_at desc, g.backup_id desc
        limit 1
      ), 'LG043', 'is the newest good one of its source', 'Make a newer one first.'),
      (s.deleted_at is null and b.backup_id = (
        select g.backup_id
        from lastgood.backup_summary as g
        where g.source_id = b.source_id and g.is_proven
        order by g.ended_at desc, g.backup_id desc
        limit 1
      ), 'LG044', 'is the newest proven one of its source',
       'Make a newer one, or verify one: lastgood backup verify BACKUP')
  ) as r(is_so, code, defect, hint)
  where b.backup_id = p_backup_id and r.is_so
  order by r.code, r.defect desc
  limit 1;
  if found then
    raise exception 'backup % %', p_backup_id, v_defect
      using errcode = v_code, hint = v_hint;
  end if;
end;
$$;

--
-- Name: FUNCTION check_deletable(p_backup_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_deletable(p_backup_id bigint) IS 'Refuses to delete a backup that somebody needs, with the reason.';

--
-- Name: check_labels(text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_labels(p_labels text[]) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_bad text;
begin
  select given.label
  into v_bad
  from unnest(p_labels) as given(label)
  where (given.label ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$') is not true
  limit 1;
  if found then
    raise exception 'a label cannot be "%"', v_bad
      using errcode = 'LG071',
        hint = 'Use letters, digits, dots, dashes and underscores, a letter or digit first.';
  end if;
  return array(
    select distinct given.label
    from unnest(p_labels) as given(label)
    order by given.label
  );
end;
$_$;

--
-- Name: FUNCTION check_labels(p_labels text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_labels(p_labels text[]) IS 'Labels as they are kept: each once, in order.';

--
-- Name: check_limits(jsonb, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_limits(p_limits jsonb, p_known text[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_key   text;
  v_value jsonb;
  v_most  bigint;
begin
  if jsonb_typeof(p_limits) is distinct from 'object' then
    raise exception 'limits are no JSON object'
      using errcode = 'LG079', hint = 'Give keys with values, such as {"max_running": 2}.';
  end if;
  for v_key, v_value in
    select l.key, l.value
    from jsonb_each(p_limits) as l(key, value)
    order by l.key
  loop
    v_most := case v_key when 'max_bytes' then 9223372036854775807 else 2147483647 end;
    if v_key <> all (p_known) then
      raise exception 'there is no limit "%"', v_key
        using errcode = 'LG079', hint = 'There are: ' || array_to_string(p_known, ', ') || '.';
    elsif v_value = 'null' or v_key = 'labels' and jsonb_typeof(v_value) = 'array' then
      continue;
    elsif v_key = 'labels' or jsonb_typeof(v_value) <> 'number'
      or (v_value #>> '{}')::numeric not between 1 and v_most
      or trunc((v_value #>> '{}')::numeric) <> (v_value #>> '{}')::numeric
    then
      raise exception '% cannot be %', v_key, v_value
        using errcode = 'LG079', hint = case v_key when 'labels' then 'Give a list of words.'
          else 'Give a whole number of 1 or more.' end;
    end if;
  end loop;
end;
$$;

--
-- Name: FUNCTION check_limits(p_limits jsonb, p_known text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_limits(p_limits jsonb, p_known text[]) IS 'Refuses what cannot be the limits of a source or a provider.';

--
-- Name: check_name(text, integer); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_name(p_name text, p_length integer DEFAULT 63) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  if p_name is null or p_name !~ '^[A-Za-z0-9][A-Za-z0-9._-]*$' or p_name ~ '^[0-9]+$'
    or char_length(p_name) > p_length
  then
    raise exception 'this cannot be a name: %', coalesce(quote_literal(left(p_name, 200)), 'null')
      using errcode = 'LG021', hint = format(
        'Use up to %s letters, digits, dots, dashes and underscores, not digits alone, with a'
          ' letter or digit first.', p_length
      );
  end if;
end;
$_$;

--
-- Name: FUNCTION check_name(p_name text, p_length integer); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_name(p_name text, p_length integer) IS 'Refuses what cannot be the name of a source, provider or backup.';

--
-- Name: check_quota(bigint, bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_quota(p_provider_id bigint, p_outgoing_id bigint DEFAULT NULL::bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_name  text;
  v_quota text;
begin
  if not exists (
    select
    from lastgood.provider as p
    where p.provider_id = p_provider_id and num_nonnulls(p.max_backups, p.max_bytes) > 0
  ) then
    return;
  end if;
  perform lastgood.lock_provider(p_provider_id);
  v_quota := lastgood.quota_reached(p_provider_id, p_outgoing_id);
  if v_quota is not null then
    select p.name
    into v_name
    from lastgood.provider as p
    where p.provider_id = p_provider_id;
    raise exception 'provider "%" may keep %, and does', v_name, v_quota
      using errcode = 'LG053', hint = 'Delete backups that lie there, let their schedules keep'
        ' fewer, let the provider keep more, or name another one.';
  end if;
end;
$$;

--
-- Name: FUNCTION check_quota(p_provider_id bigint, p_outgoing_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_quota(p_provider_id bigint, p_outgoing_id bigint) IS 'Refuses a further backup at a provider that keeps as much as it may.';

--
-- Name: check_room(bigint, bigint[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_room(p_source_id bigint, p_providers bigint[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_source text;
begin
  if not exists (
    select
    from lastgood.provider as p
    join lastgood.provider_type as t on t.type = p.type
    where p.provider_id = any (p_providers)
      and num_nonnulls(t.max_backups, p.max_backups, p.max_bytes) > 0
  ) then
    return;
  end if;
  select s.name
  into v_source
  from lastgood.source as s
  where s.source_id = p_source_id;
  -- Of two that start at once where few fit, the later one sees the first.
  perform
  from lastgood.source as s
  where s.source_id = p_source_id and exists (
    select
    from lastgood.provider as p
    join lastgood.provider_type as t on t.type = p.type
    where p.provider_id = any (p_providers) and t.max_backups is not null
  )
  for no key update;
  perform lastgood.check_quota(
    given.provider_id, lastgood.choose_outgoing(given.provider_id, v_source)
  )
  from unnest(p_providers) as given(provider_id);
end;
$$;

--
-- Name: FUNCTION check_room(p_source_id bigint, p_providers bigint[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_room(p_source_id bigint, p_providers bigint[]) IS 'Refuses a further backup of a source where a provider keeps as much as it may.';

--
-- Name: schedule; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.schedule (
    schedule_id bigint NOT NULL,
    source_id bigint NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    pattern text NOT NULL,
    tz text DEFAULT 'UTC'::text NOT NULL,
    kind text DEFAULT 'full'::text NOT NULL,
    parent_id bigint,
    on_missing_parent text DEFAULT 'full'::text NOT NULL,
    max_chain integer,
    providers text[] DEFAULT '{}'::text[] NOT NULL,
    is_enabled boolean DEFAULT true NOT NULL,
    first_at timestamp with time zone,
    until_at timestamp with time zone,
    max_runs integer,
    overlap text DEFAULT 'skip'::text NOT NULL,
    missed text DEFAULT 'once'::text NOT NULL,
    missed_cap integer DEFAULT 10 NOT NULL,
    retries integer DEFAULT 0 NOT NULL,
    backoff interval DEFAULT '00:01:00'::interval NOT NULL,
    timeout interval,
    grace interval DEFAULT '01:00:00'::interval NOT NULL,
    keep_last integer,
    keep_hourly integer,
    keep_daily integer,
    keep_weekly integer,
    keep_monthly integer,
    keep_yearly integer,
    keep_proven integer DEFAULT 1 NOT NULL,
    next_run_at timestamp with time zone,
    runs integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_by text DEFAULT SESSION_USER NOT NULL,
    updated_at timestamp with time zone,
    deleted_at timestamp with time zone,
    CONSTRAINT a_proven_backup_is_kept CHECK ((keep_proven > 0)),
    CONSTRAINT backoff_is_positive_and_within_a_century CHECK (((backoff > '00:00:00'::interval) AND (backoff <= '100 years'::interval))),
    CONSTRAINT fixed_parent_is_for_increments CHECK (((kind = 'incremental'::text) OR (parent_id IS NULL))),
    CONSTRAINT grace_is_not_negative_and_within_a_century CHECK (((grace >= '00:00:00'::interval) AND (grace <= '100 years'::interval))),
    CONSTRAINT keep_daily_is_positive CHECK ((keep_daily > 0)),
    CONSTRAINT keep_hourly_is_positive CHECK ((keep_hourly > 0)),
    CONSTRAINT keep_last_is_positive CHECK ((keep_last > 0)),
    CONSTRAINT keep_monthly_is_positive CHECK ((keep_monthly > 0)),
    CONSTRAINT keep_weekly_is_positive CHECK ((keep_weekly > 0)),
    CONSTRAINT keep_yearly_is_positive CHECK ((keep_yearly > 0)),
    CONSTRAINT kind_of_schedule_is_known CHECK ((kind = ANY (ARRAY['full'::text, 'incremental'::text]))),
    CONSTRAINT length_of_chain_is_sane CHECK (((max_chain >= 2) AND (max_chain <= 10000))),
    CONSTRAINT missed_cap_is_sane CHECK (((missed_cap >= 1) AND (missed_cap <= 1000))),
    CONSTRAINT missed_policy_is_known CHECK ((missed = ANY (ARRAY['skip'::text, 'once'::text, 'all'::text]))),
    CONSTRAINT overlap_policy_is_known CHECK ((overlap = ANY (ARRAY['skip'::text, 'queue'::text]))),
    CONSTRAINT retries_are_few CHECK (((retries >= 0) AND (retries <= 100))),
    CONSTRAINT runs_of_schedule_are_counted CHECK ((runs >= 0)),
    CONSTRAINT schedule_begins_within_reach CHECK (((first_at >= '1970-01-01 00:00:00+00'::timestamp with time zone) AND (first_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT schedule_ends_within_reach CHECK (((until_at >= '1970-01-01 00:00:00+00'::timestamp with time zone) AND (until_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT schedule_name_is_plain CHECK ((name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'::text)),
    CONSTRAINT schedule_runs_at_least_once CHECK ((max_runs > 0)),
    CONSTRAINT timeout_is_positive_and_within_a_century CHECK (((timeout > '00:00:00'::interval) AND (timeout <= '100 years'::interval))),
    CONSTRAINT way_without_parent_is_known CHECK ((on_missing_parent = ANY (ARRAY['full'::text, 'fail'::text])))
);

--
-- Name: TABLE schedule; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.schedule IS 'When sources are backed up by themselves.';

--
-- Name: COLUMN schedule.pattern; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.schedule.pattern IS 'Five fields of cron, in the time zone tz.';

--
-- Name: COLUMN schedule.grace; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.schedule.grace IS 'How long after the second run without a good backup its scope is still fresh.';

--
-- Name: COLUMN schedule.next_run_at; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.schedule.next_run_at IS 'Null where it never runs again.';

--
-- Name: COLUMN schedule.runs; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.schedule.runs IS 'How many of its slots became runs.';

--
-- Name: check_schedule(lastgood.schedule); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_schedule(p_schedule lastgood.schedule) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_providers  bigint[];
  v_full_chain integer;
begin
  perform
  from lastgood.source as s
  where s.source_id = p_schedule.source_id and s.deleted_at is null
  for key share;
  if not found then
    raise exception 'there is no source %', p_schedule.source_id
      using errcode = 'LG028', hint = 'See the names with: lastgood source list';
  end if;
  begin
    v_providers := lastgood.choose_providers(p_schedule.providers, p_schedule.source_id);
  exception
    when sqlstate 'LG030' then
      v_providers := array[]::bigint[];
  end;
  perform lastgood.choose_parent(
    p_schedule.source_id, v_providers, p_schedule.kind = 'incremental', p_schedule.parent_id
  );
  v_full_chain := lastgood.full_chain(p_schedule.parent_id, p_schedule.max_chain);
  if v_full_chain is not null then
    raise exception 'backup % cannot be the parent: its chain has % backups, and may have no more',
        p_schedule.parent_id, v_full_chain
      using errcode = 'LG033', hint = 'Name one with a shorter chain, or let chains be longer:'
        ' max_chain of the schedule, or BackupMaxChainLength.';
  end if;
end;
$$;

--
-- Name: FUNCTION check_schedule(p_schedule lastgood.schedule); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_schedule(p_schedule lastgood.schedule) IS 'Refuses a schedule whose source, providers or parent will not do.';

--
-- Name: check_schedule_keys(jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_schedule_keys(p_values jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  c_own constant text[] := array[
    'schedule_id', 'source_id', 'next_run_at', 'runs', 'created_at', 'created_by', 'updated_at',
    'deleted_at'
  ];
  v_known text[];
  v_key   text;
  v_meant text;
begin
  if jsonb_typeof(p_values) is distinct from 'object' then
    raise exception 'the settings of a schedule are no JSON object'
      using errcode = 'LG073', hint = 'Give keys with values, such as {"tz": "Europe/Oslo"}.';
  end if;
  select array_agg(a.attname::text order by a.attname)
  into v_known
  from pg_catalog.pg_attribute as a
  where a.attrelid = 'lastgood.schedule'::regclass and a.attnum > 0 and not a.attisdropped
    and a.attname <> all (c_own);
  select k.name
  into v_key
  from jsonb_object_keys(p_values) as k(name)
  where k.name <> all (v_known)
  order by k.name
  limit 1;
  if not found then
    return;
  elsif v_key = any (c_own) then
    raise exception '% of a schedule is not to be set', v_key
      using errcode = 'LG073', hint = 'Leave it out: lastgood sets it.';
  end if;
  v_meant := (
    select k.name
    from unnest(v_known) as k(name)
    where replace(k.name, '_', '') = lower(regexp_replace(v_key, '[^A-Za-z]', '', 'g'))
  );
  raise exception 'a schedule has no setting "%"', v_key
    using errcode = 'LG073', hint = coalesce(
      'Do you mean ' || v_meant || '?', 'There are: ' || array_to_string(v_known, ', ') || '.'
    );
end;
$$;

--
-- Name: FUNCTION check_schedule_keys(p_values jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_schedule_keys(p_values jsonb) IS 'Refuses keys that are no settings of a schedule.';

--
-- Name: check_schedule_times(lastgood.schedule); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_schedule_times(p_schedule lastgood.schedule) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_column text := case
    when not isfinite(p_schedule.first_at) then 'first_at'
    when not isfinite(p_schedule.until_at) then 'until_at'
  end;
begin
  if v_column is not null then
    perform lastgood.refuse_schedule(to_jsonb(p_schedule), v_column, null, null);
  elsif p_schedule.until_at < p_schedule.first_at then
    raise exception 'the schedule would never run: it ends at %, before it begins at %',
        lastgood.time_text(p_schedule.until_at), lastgood.time_text(p_schedule.first_at)
      using errcode = 'LG072', hint = 'Let it end later: until_at.';
  end if;
end;
$$;

--
-- Name: FUNCTION check_schedule_times(p_schedule lastgood.schedule); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_schedule_times(p_schedule lastgood.schedule) IS 'Refuses a schedule whose first or last time cannot be.';

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
-- Name: check_settings(jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_settings(p_settings jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if p_settings is null or jsonb_typeof(p_settings) <> 'object' then
    raise exception 'settings are no object: %', coalesce(p_settings::text, 'null')
      using errcode = 'LG025', hint = 'Give keys with values, such as {"path": "/srv/backups"}.';
  end if;
end;
$$;

--
-- Name: FUNCTION check_settings(p_settings jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_settings(p_settings jsonb) IS 'Refuses settings of a source or provider that are no object.';

--
-- Name: check_time_zone(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.check_time_zone(p_tz text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_tz text;
begin
  -- Reading all zones takes a tenth of a second.
  if p_tz = 'UTC' or exists (select from lastgood.schedule as s where s.tz = p_tz) then
    return p_tz;
  end if;
  select z.name
  into v_tz
  from pg_catalog.pg_timezone_names as z
  where lower(z.name) = lower(p_tz);
  if not found then
    raise exception 'there is no time zone "%"', coalesce(p_tz, 'null')
      using errcode = 'LG070',
        hint = 'Use a name of pg_timezone_names, such as Europe/Oslo or UTC.';
  end if;
  return v_tz;
end;
$$;

--
-- Name: FUNCTION check_time_zone(p_tz text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.check_time_zone(p_tz text) IS 'The name of a time zone as PostgreSQL spells it; LG070 for what is none.';

--
-- Name: choose_backup_name(text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.choose_backup_name(p_source text, p_name text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if p_name is null then
    return lastgood.free_backup_name(format(
      '%s-%s', p_source, to_char(clock_timestamp() at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"')
    ));
  end if;
  perform lastgood.check_name(p_name, 127);
  perform pg_advisory_xact_lock('lastgood.backup'::regclass::integer, hashtext(p_name));
  if lastgood.is_backup_name_taken(p_name) then
    raise exception 'there is a backup "%" already', p_name
      using errcode = 'LG022', hint = 'Choose another name, or none.';
  end if;
  return p_name;
end;
$$;

--
-- Name: FUNCTION choose_backup_name(p_source text, p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.choose_backup_name(p_source text, p_name text) IS 'The name of a new backup: as given, or of source and time; unique.';

--
-- Name: choose_outgoing(bigint, text, bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.choose_outgoing(p_provider_id bigint, p_source text, p_backup_id bigint DEFAULT NULL::bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_provider text;
  v_most     integer;
  v_chosen   record;
begin
  select p.name, t.max_backups
  into v_provider, v_most
  from lastgood.provider as p
  join lastgood.provider_type as t on t.type = p.type
  where p.provider_id = p_provider_id;
  if v_most is null then
    return null;
  end if;
  with kept as (
    select
      c.backup_copy_id, c.state as copy_state, b.backup_id, b.name, b.source_id, b.state,
      b.ended_at, b.held_at, b.held_by, b.hold_reason,
      c.state = 'COMPLETE' and b.is_good and c.proof_level >= setting.proof_level as is_good,
      c.state = 'COMPLETE' and b.is_proven and c.proof_level >= 2 as is_proven
    from lastgood.backup_copy as c
    join lastgood.backup_summary as b on b.backup_id = c.backup_id
    cross join lastgood.setting
    where c.provider_id = p_provider_id and b.backup_id is distinct from p_backup_id
      and c.state in ('RUNNING', 'COMPLETE', 'CORRUPT', 'MISSING')
      and p_source = case when c.manifest_key is null then b.source
        else split_part(c.manifest_key, '/', 1) end
  )
  select k.backup_copy_id, k.name, count(*) over () as copies, r.place, r.defect, r.hint
  into v_chosen
  from kept as k
  left join lateral (
    select newest.backup_id
    from kept as newest
    where newest.is_good
    order by newest.ended_at desc, newest.backup_id desc
    limit 1
  ) as good on true
  left join lastgood.source_status as s on s.source_id = k.source_id
  left join lateral (
    select given.place, given.defect, given.hint
    from (
      values
        (1, k.state = 'RUNNING', 'is being made there', 'Wait for its end, or stop it.'),
        (2, k.held_at is not null,
         'is held by ' || k.held_by || coalesce(': ' || k.hold_reason, ''),
         'Release it: lastgood backup release ' || k.name),
        (3, exists (
          select
          from lastgood.restore as o
          where coalesce(o.backup_copy_id, k.backup_copy_id) = k.backup_copy_id
            and o.backup_id = k.backup_id and o.state = 'RUNNING'
            and o.lease_until > clock_timestamp()
        ), 'is being restored', 'Wait for the end of the restore.'),
        (4, k.is_proven and k.backup_id = s.last_proven_backup_id,
         'is the newest proven one of its source', 'Verify the newest one there, as far as'
           ' BackupRequiredProofLevel asks for: lastgood backup verify BACKUP'),
        (5, k.is_good and k.backup_id in (good.backup_id, s.last_good_backup_id),
         'is the newest good one', 'Name another provider, or verify what else lies there.')
    ) as given(place, is_so, defect, hint)
    where given.is_so
    order by given.place
    limit 1
  ) as r on true
  order by k.state <> 'RUNNING', r.place nulls first, k.copy_state = 'COMPLETE',
    k.state = 'COMPLETE', k.ended_at, k.backup_id
  limit 1;
  if v_chosen.place = 1 or v_chosen.copies >= v_most and v_chosen.place > 1 then
    raise exception 'provider "%" keeps % backups of source "%", and "%" %',
      v_provider, v_most, p_source, v_chosen.name, v_chosen.defect
      using errcode = 'LG053', hint = v_chosen.hint;
  end if;
  return case when v_chosen.copies >= v_most then v_chosen.backup_copy_id end;
end;
$$;

--
-- Name: FUNCTION choose_outgoing(p_provider_id bigint, p_source text, p_backup_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.choose_outgoing(p_provider_id bigint, p_source text, p_backup_id bigint) IS 'The copy that makes room for a further backup at a provider, or null where there is room.';

--
-- Name: choose_parent(bigint, bigint[], boolean, bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.choose_parent(p_source_id bigint, p_providers bigint[], p_is_incremental boolean, p_parent_id bigint) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_type      text;
  v_parent_id bigint;
begin
  if p_parent_id is null and not p_is_incremental then
    return null;
  end if;
  select t.type
  into v_type
  from lastgood.source as s
  join lastgood.source_type as t on t.type = s.type
  where s.source_id = p_source_id and not t.can_increment;
  if found then
    raise exception 'backups of type "%" cannot be incremental', v_type
      using errcode = 'LG032', hint = 'Make a full backup: leave out --incremental and --parent.';
  end if;
  select b.backup_id
  into v_parent_id
  from lastgood.backup as b
  where b.source_id = p_source_id and b.state in ('COMPLETE', 'PARTIAL')
    and (p_parent_id is null or b.backup_id = p_parent_id)
    and lastgood.chain_length(b.backup_id) is not null
    and exists (
      select
      from lastgood.backup_copy as c
      join lastgood.provider as p on p.provider_id = c.provider_id
      join lastgood.provider_type as t on t.type = p.type
      where c.backup_id = b.backup_id and c.provider_id = any (p_providers)
        and c.state = 'COMPLETE' and t.max_backups is null
    )
  order by b.ended_at desc, b.backup_id desc
  limit 1
  for share;
  if v_parent_id is null and p_parent_id is not null then
    raise exception 'backup % cannot be the parent', p_parent_id
      using errcode = 'LG033', hint = 'It must be of the same source, COMPLETE or PARTIAL as'
        ' all that it builds on, and have a good copy at one of these providers that keeps as many'
        ' as there are: lastgood backup list';
  end if;
  return v_parent_id;
end;
$$;

--
-- Name: FUNCTION choose_parent(p_source_id bigint, p_providers bigint[], p_is_incremental boolean, p_parent_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.choose_parent(p_source_id bigint, p_providers bigint[], p_is_incremental boolean, p_parent_id bigint) IS 'The backup on which a new one builds, or null for a full one.';

--
-- Name: choose_providers(text[], bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.choose_providers(p_providers text[], p_source_id bigint) RETURNS bigint[]
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_names  text[] := nullif(p_providers, '{}');
  v_found  bigint;
  v_ids    bigint[];
  v_defect text;
begin
  if v_names is null then
    v_names := lastgood.default_providers();
    if cardinality(v_names) > 1 then
      raise exception 'several providers could keep this backup: %', array_to_string(v_names, ', ')
        using errcode = 'LG031', hint = 'Name one: --provider ' || v_names[1];
    end if;
  end if;
  select
    count(*),
    array_agg(given.provider_id order by given.provider_id) filter (where given.keeps_bytes),
    (array_agg(given.defect order by given.provider_id)
      filter (where given.keeps_bytes and given.defect is not null))[1]
  into v_found, v_ids, v_defect
  from (
    select
      p.provider_id,
      t.keeps <> 'nothing' as keeps_bytes,
      case
        when t.keeps = 'ovf' and s.type <> 'ovf' then format(
          '"%s" of type %s takes sources of type ovf alone', p.name, p.type
        )
        when p.group_name is not null and not y.has_groups then format(
          '"%s" takes items of group "%s" alone, and a source of type %s has no groups',
          p.name, p.group_name, s.type
        )
      end as defect
    from lastgood.provider as p
    join lastgood.provider_type as t on t.type = p.type
    cross join lastgood.source as s
    join lastgood.source_type as y on y.type = s.type
    where s.source_id = p_source_id and p.name = any (v_names)
    for key share of p
  ) as given;
  if v_found < cardinality(v_names) then
    perform lastgood.find_provider(given.name)
    from unnest(v_names) as given(name);
  end if;
  if v_ids is null then
    raise exception 'there is no provider that would keep this backup'
      using errcode = 'LG030',
        hint = 'Add a provider: lastgood provider add NAME --type local-fs --set path=/srv/backups';
  elsif v_defect is not null then
    raise exception 'provider %', v_defect
      using errcode = 'LG055', hint = 'Name another one with --provider: lastgood provider list';
  end if;
  return v_ids;
end;
$$;

--
-- Name: FUNCTION choose_providers(p_providers text[], p_source_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.choose_providers(p_providers text[], p_source_id bigint) IS 'The ids of the named providers, or of the only one, that keep what comes from this source.';

--
-- Name: installation; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.installation (
    is_only_row boolean DEFAULT true NOT NULL,
    installation_id uuid DEFAULT gen_random_uuid() NOT NULL,
    CONSTRAINT installation_has_one_row CHECK (is_only_row)
);

--
-- Name: TABLE installation; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.installation IS 'One row: the id of this installation, which providers are marked with.';

--
-- Name: provider; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.provider (
    provider_id bigint NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    layout text,
    recipients text[] DEFAULT '{}'::text[] NOT NULL,
    marker uuid DEFAULT gen_random_uuid() NOT NULL,
    added_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    added_by text DEFAULT SESSION_USER NOT NULL,
    group_name text,
    unreadable text[] DEFAULT '{}'::text[] NOT NULL,
    max_running integer,
    max_backups integer,
    max_bytes bigint,
    sweep_at timestamp with time zone,
    sweep_failures integer DEFAULT 0 NOT NULL,
    sweep_error text,
    CONSTRAINT failures_to_sweep_are_counted CHECK ((sweep_failures >= 0)),
    CONSTRAINT group_of_provider_has_a_name CHECK ((group_name <> ''::text)),
    CONSTRAINT layout_of_provider_is_known CHECK ((layout = ANY (ARRAY['pack'::text, 'tree'::text, 'ovf-store'::text]))),
    CONSTRAINT provider_may_be_used CHECK ((max_running > 0)),
    CONSTRAINT provider_may_keep_backups CHECK ((max_backups > 0)),
    CONSTRAINT provider_may_keep_bytes CHECK ((max_bytes > 0)),
    CONSTRAINT provider_name_is_plain CHECK ((name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'::text)),
    CONSTRAINT provider_settings_are_an_object CHECK ((jsonb_typeof(settings) = 'object'::text)),
    CONSTRAINT trees_are_not_encrypted CHECK (((layout = 'pack'::text) OR (cardinality(recipients) = 0)))
);

--
-- Name: TABLE provider; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.provider IS 'Places that keep backups; change them with the functions only.';

--
-- Name: COLUMN provider.settings; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.provider.settings IS 'As its type needs them; secrets are named, never kept.';

--
-- Name: COLUMN provider.layout; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.provider.layout IS 'How new copies lie there; null keeps nothing.';

--
-- Name: COLUMN provider.recipients; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.provider.recipients IS 'For whom new copies are encrypted, sorted.';

--
-- Name: COLUMN provider.marker; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.provider.marker IS 'What its place is marked with.';

--
-- Name: copy_status; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.copy_status AS
 SELECT c.backup_copy_id,
    c.backup_id,
    c.provider_id,
    p.name AS provider,
    p.type AS provider_type,
    p.settings,
    p.marker,
    i.installation_id AS installation,
    c.state,
    c.layout,
    c.recipients,
    c.manifest_key,
    c.manifest_sha256,
    c.manifest_size,
    c.stored_bytes,
    c.proof_level,
    c.proven_at,
    c.last_result,
    c.last_checked_at,
    c.reason,
    c.group_name,
    COALESCE(b.origin_name, b.name) AS stored_name
   FROM (((lastgood.backup_copy c
     JOIN lastgood.backup b ON ((b.backup_id = c.backup_id)))
     JOIN lastgood.provider p ON ((p.provider_id = c.provider_id)))
     CROSS JOIN lastgood.installation i);

--
-- Name: VIEW copy_status; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.copy_status IS 'Every copy of every backup with its provider, its manifest and how far it is proven.';

--
-- Name: choose_restore_copy(bigint, bigint, text, bigint[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.choose_restore_copy(p_backup_id bigint, p_backup_copy_id bigint, p_provider text, p_tried bigint[]) RETURNS bigint
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT c.backup_copy_id
    FROM (lastgood.copy_status c
      JOIN lastgood.backup b ON ((b.backup_id = c.backup_id)))
   WHERE ((c.backup_id = choose_restore_copy.p_backup_id) AND (b.state = ANY (ARRAY['COMPLETE'::text, 'PARTIAL'::text])) AND ((c.state = 'COMPLETE'::text) OR ((c.state = 'CORRUPT'::text) AND ((choose_restore_copy.p_backup_copy_id IS NOT NULL) OR (choose_restore_copy.p_provider IS NOT NULL)))) AND ((choose_restore_copy.p_backup_copy_id IS NULL) OR (c.backup_copy_id = choose_restore_copy.p_backup_copy_id)) AND ((choose_restore_copy.p_provider IS NULL) OR (c.provider = choose_restore_copy.p_provider)) AND (c.backup_copy_id <> ALL (choose_restore_copy.p_tried)))
   ORDER BY (c.group_name IS NULL) DESC, c.proof_level DESC, c.proven_at DESC NULLS LAST, c.backup_copy_id
  LIMIT 1;
END;

--
-- Name: FUNCTION choose_restore_copy(p_backup_id bigint, p_backup_copy_id bigint, p_provider text, p_tried bigint[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.choose_restore_copy(p_backup_id bigint, p_backup_copy_id bigint, p_provider text, p_tried bigint[]) IS 'The copy of a backup that a restore should read next, or null.';

--
-- Name: claim_execution(text, text, text[], integer, interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.claim_execution(p_worker text, p_host text, p_labels text[] DEFAULT '{}'::text[], p_concurrency integer DEFAULT NULL::integer, p_lease interval DEFAULT '00:00:30'::interval) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_lease_until timestamptz := lastgood.lease_end(p_lease);
  v_id          bigint;
  v_claimed     jsonb;
begin
  if p_concurrency < 1 then
    raise exception 'a host cannot run % executions', p_concurrency
      using errcode = 'LG079', hint = 'Give a limit of 1 or more, or none.';
  end if;
  -- Whoever finds nothing to do waits for nobody. In order: so the index is read, whatever the
  -- statistics say of a queue that comes and goes faster than they are made.
  perform
  from lastgood.execution as e
  where e.state = 'QUEUED'
  order by coalesce(e.slot_at, e.queued_at), e.execution_id
  limit 1;
  if not found then
    return null;
  end if;
  perform lastgood.require_read_committed();
  perform pg_advisory_xact_lock('lastgood.execution'::regclass::integer, 0);
  if p_concurrency is not null and p_concurrency <= (
    select count(*)
    from lastgood.execution as e
    where e.state = 'RUNNING' and e.host = p_host
  ) then
    return null;
  end if;
  v_id := lastgood.claimable_execution(coalesce(p_labels, '{}'));
  if v_id is null then
    return null;
  end if;
  -- Other claims wait for this commit. It need not wait for the disk: after a crash the execution
  -- is as it was, and this token is none; that of start_execution_backup makes both last.
  perform set_config('synchronous_commit', 'off', true);
  update lastgood.execution as e
  set state = 'RUNNING', started_at = clock_timestamp(), not_before = null, reason = null,
    worker = p_worker, host = p_host, lease = p_lease, lease_until = v_lease_until,
    token = gen_random_uuid()
  from lastgood.schedule as c
  join lastgood.source as s on s.source_id = c.source_id
  where e.execution_id = v_id and c.schedule_id = e.schedule_id
  returning jsonb_build_object(
    'execution_id', e.execution_id,
    'schedule_id', e.schedule_id,
    'schedule', c.name,
    'source', s.name,
    'source_type', s.type,
    'slot_at', e.slot_at,
    'queued_at', e.queued_at,
    'started_at', e.started_at,
    'timeout_at', e.started_at + c.timeout,
    'attempt', e.attempt,
    'is_late', e.is_late,
    'token', e.token
  )
  into v_claimed;
  return v_claimed;
end;
$$;

--
-- Name: FUNCTION claim_execution(p_worker text, p_host text, p_labels text[], p_concurrency integer, p_lease interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.claim_execution(p_worker text, p_host text, p_labels text[], p_concurrency integer, p_lease interval) IS 'Gives a worker the oldest execution that it may run, with a token and a lease; or null.';

--
-- Name: claim_leftovers(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.claim_leftovers(p_provider_id bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  -- For so long whoever made a backup that failed may come back from a sleep, and go on writing:
  -- packs that it had begun are returned all the time, the rest is for stray_backups.
  c_sleep  constant interval := interval '7 days';
  v_packs  jsonb;
  v_copies jsonb;
begin
  perform lastgood.lock_provider(p_provider_id);
  -- A repack that died leaves packs of which nobody ever used a byte.
  delete from lastgood.backup_copy_pack as u
  using lastgood.backup_copy as c, lastgood.backup as b, lastgood.pack as k
  where c.backup_copy_id = u.backup_copy_id and b.backup_id = c.backup_id and k.pack_id = u.pack_id
    and c.provider_id = p_provider_id and b.state <> 'RUNNING'
    and (
      c.state in ('DELETING', 'DELETED', 'DELETE_FAILED')
      or u.used_bytes is null and k.added_at < clock_timestamp() - interval '1 day'
    );
  delete from lastgood.pack as k
  where k.provider_id = p_provider_id and k.forgotten_at < clock_timestamp() - c_sleep;
  update lastgood.pack as k
  set state = 'DELETING', contents = null
  where k.provider_id = p_provider_id and k.state <> 'DELETING' and not k.is_held
    and not exists (
      select
      from lastgood.backup_copy_pack as u
      where u.pack_id = k.pack_id
    );
  select coalesce(jsonb_agg(k.name order by k.pack_id), '[]')
  into v_packs
  from lastgood.pack as k
  where k.provider_id = p_provider_id and k.state = 'DELETING';
  select coalesce(jsonb_agg(jsonb_build_object(
    'backup_copy_id', c.backup_copy_id, 'backup', coalesce(b.origin_name, b.name),
    'layout', c.layout, 'manifest_key', c.manifest_key
  ) order by c.backup_copy_id), '[]')
  into v_copies
  from lastgood.backup_copy as c
  join lastgood.backup as b on b.backup_id = c.backup_id
  where c.provider_id = p_provider_id and c.state in ('DELETING', 'DELETE_FAILED')
    and b.state <> 'RUNNING';
  return jsonb_build_object(
    'packs', v_packs,
    'copies', v_copies,
    'may_hold_strays', exists (
      select
      from lastgood.backup as b
      join lastgood.backup_copy as c on c.backup_id = b.backup_id
      where b.state = 'FAILED' and b.ended_at > clock_timestamp() - c_sleep
        and c.provider_id = p_provider_id and c.is_begun
    ),
    'unreadable', (
      select to_jsonb(p.unreadable)
      from lastgood.provider as p
      where p.provider_id = p_provider_id
    )
  );
end;
$$;

--
-- Name: FUNCTION claim_leftovers(p_provider_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.claim_leftovers(p_provider_id bigint) IS 'Which packs and copies at a provider are to be removed, as nobody needs them any more.';

--
-- Name: claim_sweep(text[], interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.claim_sweep(p_labels text[] DEFAULT '{}'::text[], p_lease interval DEFAULT '00:15:00'::interval) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_sweep_at timestamptz := lastgood.lease_end(p_lease);
  v_place    record;
begin
  for v_place in
    select p.provider_id, p.sweep_at
    from lastgood.provider as p
    where (p.sweep_at > clock_timestamp()) is not true
      and (exists (
        select
        from lastgood.backup_copy as c
        join lastgood.backup as b on b.backup_id = c.backup_id
        where c.provider_id = p.provider_id and c.state in ('DELETING', 'DELETE_FAILED')
          and b.state <> 'RUNNING'
      ) or exists (
        select
        from lastgood.pack as k
        where k.provider_id = p.provider_id and k.state = 'DELETING'
          and k.forgotten_at is null
      ))
      -- A worker that may back these up reaches the place.
      and exists (
        select
        from lastgood.backup_copy as c
        join lastgood.backup as b on b.backup_id = c.backup_id
        join lastgood.source as s on s.source_id = b.source_id
        where c.provider_id = p.provider_id and s.labels <@ p_labels
      )
    order by p.sweep_at, p.provider_id
    for no key update of p skip locked
  loop
    update lastgood.provider as p
    set sweep_at = v_sweep_at
    where p.provider_id = v_place.provider_id;
    if v_place.sweep_at is not null then
      return (
        select jsonb_build_object(
          'provider_id', p.provider_id, 'provider', p.name, 'provider_type', p.type,
          'settings', p.settings, 'marker', p.marker, 'installation', i.installation_id,
          'copies', (
            select coalesce(jsonb_agg(c.backup_copy_id order by c.backup_copy_id), '[]')
            from lastgood.backup_copy as c
            join lastgood.backup as b on b.backup_id = c.backup_id
            where c.provider_id = p.provider_id and c.state in ('DELETING', 'DELETE_FAILED')
              and b.state <> 'RUNNING'
          )
        )
        from lastgood.provider as p
        cross join lastgood.installation as i
        where p.provider_id = v_place.provider_id
      );
    end if;
  end loop;
  return null;
end;
$$;

--
-- Name: FUNCTION claim_sweep(p_labels text[], p_lease interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.claim_sweep(p_labels text[], p_lease interval) IS 'A place at which something is left that nobody needs, for a worker to remove; or null.';

--
-- Name: claimable_execution(text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.claimable_execution(p_labels text[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_schedules bigint[];
  v_sources   bigint[];
  v_providers text[] := lastgood.full_providers();
  v_default   text[];
  v_id        bigint;
begin
  select array_agg(e.schedule_id)
  into v_schedules
  from lastgood.execution as e
  where e.state = 'RUNNING';
  if v_schedules is not null then
    v_sources := array(
      select o.source_id
      from lastgood.schedule as s
      join lastgood.source as o on o.source_id = s.source_id
      where s.schedule_id = any (v_schedules)
      group by o.source_id
      having count(*) >= o.max_running
    );
  end if;
  if v_providers is not null then
    v_default := lastgood.default_providers();
  end if;
  -- Asked of one after the other, in their order, until one may run.
  select e.execution_id
  into v_id
  from lastgood.execution as e
  where e.state = 'QUEUED' and (e.not_before > clock_timestamp()) is not true
    and (e.schedule_id = any (v_schedules)) is not true
    and (
      select true
      from lastgood.schedule as s
      join lastgood.source as o on o.source_id = s.source_id
      where s.schedule_id = e.schedule_id and s.deleted_at is null and o.labels <@ p_labels
        and (s.source_id = any (v_sources)) is not true
        and (coalesce(nullif(s.providers, '{}'), v_default) && v_providers) is not true
    )
  order by coalesce(e.slot_at, e.queued_at), e.execution_id
  limit 1
  for no key update of e skip locked;
  return v_id;
end;
$$;

--
-- Name: FUNCTION claimable_execution(p_labels text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.claimable_execution(p_labels text[]) IS 'The oldest execution that a worker with these labels may run now, locked; or null.';

--
-- Name: complete_adopted_pack(bigint, text, bigint, text, bytea); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.complete_adopted_pack(p_provider_id bigint, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  if exists (
    select
    from lastgood.pack as k
    join lastgood.backup_copy_pack as u on u.pack_id = k.pack_id
    join lastgood.backup_copy as c on c.backup_copy_id = u.backup_copy_id
    where k.provider_id = p_provider_id and k.name = p_name and c.state = 'RUNNING'
  ) then
    raise exception 'pack "%" is of a backup that runs', p_name
      using errcode = 'LG036', hint = 'Only packs of lastgood.adopt_pack are completed here.';
  end if;
  perform lastgood.fill_pack(p_provider_id, p_name, p_size_bytes, p_sha256, p_contents);
end;
$$;

--
-- Name: FUNCTION complete_adopted_pack(p_provider_id bigint, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.complete_adopted_pack(p_provider_id bigint, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea) IS 'Makes a pack of a repack COMPLETE, with the index of its contents.';

--
-- Name: complete_attach(bigint, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.complete_attach(p_provider_id bigint, p_unreadable text[] DEFAULT '{}'::text[]) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_id       bigint;
  v_where    text;
  v_attached jsonb;
begin
  perform lastgood.note_unreadable(p_provider_id, p_unreadable);
  update lastgood.pack as k
  set suspected_at = clock_timestamp()
  where k.provider_id = p_provider_id and exists (
    select
    from lastgood.backup_copy_pack as u
    join lastgood.backup_copy as c on c.backup_copy_id = u.backup_copy_id
    where u.pack_id = k.pack_id and c.state in ('CORRUPT', 'MISSING')
  );
  -- Newest first: the first one may end an alert, which is judged with each report else.
  for v_id, v_where in
    select b.backup_id, p.name
    from lastgood.backup as b
    join lastgood.backup_copy as c on c.backup_id = b.backup_id
    join lastgood.provider as p on p.provider_id = c.provider_id
    join lastgood.source as s on s.source_id = b.source_id
    where c.provider_id = p_provider_id and b.state = 'COMPLETE' and b.attached_at is not null
      and s.deleted_at is null
      and not exists (select from lastgood.audit_log as a where a.event_id = b.ended_event)
    order by b.ended_at desc
  loop
    perform lastgood.report_backup(v_id, 1, format(
      'A backup that was made elsewhere was attached with provider "%s".', v_where
    ));
  end loop;
  perform lastgood.require_scopes_of(p_provider_id);
  v_attached := lastgood.describe_attached(p_provider_id);
  perform lastgood.add_audit_event(9128, format(
    '%s attached provider "%s", where %s backups lie.%s', session_user, p.name, (
      select count(*)
      from lastgood.backup_copy as c
      where c.provider_id = p_provider_id
    ), (
      select string_agg(format(
        ' Source "%s", as it was elsewhere, goes on with %s.', d.source,
        lastgood.settings_text(d.settings)
      ), '' order by d.source)
      from jsonb_to_recordset(v_attached) as d(source text, settings jsonb)
      where d.settings <> '{}'
    )
  ))
  from lastgood.provider as p
  where p.provider_id = p_provider_id;
  perform lastgood.settle_alerts_of(p_provider_id);
  return v_attached;
end;
$$;

--
-- Name: FUNCTION complete_attach(p_provider_id bigint, p_unreadable text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.complete_attach(p_provider_id bigint, p_unreadable text[]) IS 'Ends an attach: reports what goes on, and returns the sources with what lies there.';

--
-- Name: complete_pack(bigint, uuid, text, bigint, text, bytea); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.complete_pack(p_backup_copy_id bigint, p_token uuid, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_provider_id bigint := lastgood.own_copy(p_backup_copy_id, p_token);
begin
  if not exists (
    select
    from lastgood.pack as k
    join lastgood.backup_copy_pack as u on u.pack_id = k.pack_id
    where k.provider_id = v_provider_id and k.name = p_name
      and u.backup_copy_id = p_backup_copy_id
  ) then
    raise exception 'pack "%" is not of copy %', p_name, p_backup_copy_id
      using errcode = 'LG036', hint = 'Begin a pack before it is written.';
  end if;
  perform lastgood.fill_pack(v_provider_id, p_name, p_size_bytes, p_sha256, p_contents);
end;
$$;

--
-- Name: FUNCTION complete_pack(p_backup_copy_id bigint, p_token uuid, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.complete_pack(p_backup_copy_id bigint, p_token uuid, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea) IS 'Makes a pack of this copy COMPLETE, with the index of its contents.';

--
-- Name: complete_restore(bigint, uuid, bigint, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.complete_restore(p_restore_id bigint, p_token uuid, p_bytes bigint, p_actions text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  perform lastgood.end_restore(p_restore_id, p_token, 'COMPLETE', p_bytes, p_actions, null);
end;
$$;

--
-- Name: FUNCTION complete_restore(p_restore_id bigint, p_token uuid, p_bytes bigint, p_actions text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.complete_restore(p_restore_id bigint, p_token uuid, p_bytes bigint, p_actions text[]) IS 'Ends a restore that brought back all that was picked, with what it did.';

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
-- Name: cron_field(text, text, integer, integer, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.cron_field(p_field text, p_name text, p_min integer, p_max integer, p_names text[] DEFAULT '{}'::text[]) RETURNS integer[]
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_part   text;
  v_match  text[];
  v_first  integer;
  v_last   integer;
  v_step   integer;
  v_values integer[] := array[]::integer[];
begin
  foreach v_part in array string_to_array(p_field, ',') loop
    v_match := regexp_match(
      v_part, '^(?:(\*)|(\d{1,2}|[a-z]{3})(?:-(\d{1,2}|[a-z]{3}))?)(?:/(\d{1,2}))?$', 'i'
    );
    v_first := coalesce(
      case when v_match[1] = '*' then p_min end,
      array_position(p_names, lower(v_match[2])) + p_min - 1,
      case when v_match[2] ~ '^\d' then v_match[2]::integer end
    );
    v_step := coalesce(v_match[4]::integer, 1);
    v_last := coalesce(
      array_position(p_names, lower(v_match[3])) + p_min - 1,
      case when v_match[3] ~ '^\d' then v_match[3]::integer end,
      -- A step goes on to the end of the field.
      case when v_match[1] = '*' or v_match[4] is not null then p_max else v_first end
    );
    if (v_first between p_min and v_last and v_last <= p_max and v_step > 0) is not true then
      raise exception 'the % of a pattern cannot be "%"', p_name, p_field
        using errcode = 'LG070', hint = format(
          'Give %s to %s, as lists (1,2), ranges (1-5) and steps (*/5).%s', p_min, p_max,
          ' Names are ' || nullif(array_to_string(p_names, ', '), '') || '.'
        );
    end if;
    v_values := v_values || array(select generate_series(v_first, v_last, v_step));
  end loop;
  return array(select distinct v from unnest(v_values) as v order by v);
end;
$_$;

--
-- Name: FUNCTION cron_field(p_field text, p_name text, p_min integer, p_max integer, p_names text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.cron_field(p_field text, p_name text, p_min integer, p_max integer, p_names text[]) IS 'The values of one field of a cron pattern, in order.';

--
-- Name: default_providers(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.default_providers() RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return (
    select array_agg(p.name order by p.name)
    from lastgood.provider as p
    join lastgood.provider_type as t on t.type = p.type
    where t.keeps = 'any' and p.group_name is null
  );
end;
$$;

--
-- Name: FUNCTION default_providers(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.default_providers() IS 'The names of the providers that keep all of anything.';

--
-- Name: delete_execution(bigint, boolean); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.delete_execution(p_execution_id bigint, p_force boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_execution lastgood.execution := lastgood.lock_execution(p_execution_id);
begin
  if v_execution.finished_at is null then
    if not coalesce(p_force, false) then
      raise exception 'execution % is %', p_execution_id, v_execution.state
        using errcode = 'LG076',
          hint = 'Only finished executions can be deleted. Use --force to cancel it first.';
    end if;
    perform lastgood.cancel_execution(p_execution_id);
  end if;
  delete from lastgood.execution as e
  where e.execution_id = p_execution_id;
  insert into lastgood.deleted_execution (schedule_id, execution_id, listed_at)
  values (
    v_execution.schedule_id, p_execution_id, coalesce(v_execution.slot_at, v_execution.queued_at)
  );
  delete from lastgood.deleted_execution as d
  where (d.schedule_id, d.execution_id) in (
    select o.schedule_id, o.execution_id
    from lastgood.deleted_execution as o
    where o.deleted_at < clock_timestamp() - interval '1 month'
    limit 100
    for update skip locked
  );
  perform lastgood.tell_of_execution(9146, v_execution, 'deleted');
end;
$$;

--
-- Name: FUNCTION delete_execution(p_execution_id bigint, p_force boolean); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.delete_execution(p_execution_id bigint, p_force boolean) IS 'Deletes an execution from the history; with force, one that waits or runs is cancelled first.';

--
-- Name: delete_provider(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.delete_provider(p_name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_provider_id bigint;
  v_copies      bigint;
  v_schedules   text;
begin
  -- Waits for a backup that is being started there.
  perform from lastgood.provider as p where p.name = p_name for update;
  v_provider_id := lastgood.find_provider(p_name);
  if p_name = 'noop' then
    raise exception 'provider "noop" is built in'
      using errcode = 'LG027', hint = 'It keeps nothing, and does no harm.';
  end if;
  select count(*)
  into v_copies
  from lastgood.backup_copy as c
  where c.provider_id = v_provider_id and c.state <> 'DELETED';
  if v_copies > 0 then
    raise exception 'copies of % backups lie at provider "%"', v_copies, p_name
      using errcode = 'LG027', hint = 'Delete those first: lastgood backup delete BACKUP';
  end if;
  select string_agg(format('"%s" (%s)', s.name, s.schedule_id), ', ' order by s.schedule_id)
  into v_schedules
  from lastgood.schedule as s
  where p_name = any (s.providers) and s.deleted_at is null;
  if v_schedules is not null then
    raise exception 'schedules keep their backups at provider "%": %', p_name, v_schedules
      using errcode = 'LG027',
        hint = 'Name another one first: lastgood schedule update SCHEDULE --provider NAME';
  end if;
  perform lastgood.forget_provider(v_provider_id);
  perform lastgood.add_audit_event(
    9119, format('%s deleted provider "%s".', session_user, p_name)
  );
end;
$$;

--
-- Name: FUNCTION delete_provider(p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.delete_provider(p_name text) IS 'Forgets a provider at which no copy lies any more and that no schedule names.';

--
-- Name: delete_schedule(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.delete_schedule(p_schedule_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  perform lastgood.lock_schedule(p_schedule_id);
  -- A long backlog is taken in parts.
  while lastgood.plan_schedule(p_schedule_id) > 0 loop
  end loop;
  update lastgood.schedule as s
  set deleted_at = clock_timestamp()
  where s.schedule_id = p_schedule_id;
  perform lastgood.tell_of_schedule(
    9142, p_schedule_id, session_user, 'deleted', 'its executions stay'
  );
end;
$$;

--
-- Name: FUNCTION delete_schedule(p_schedule_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.delete_schedule(p_schedule_id bigint) IS 'Ends a schedule; what waits is cancelled, what runs goes on, its history stays.';

--
-- Name: delete_source(text, boolean); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.delete_source(p_name text, p_force boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_source_id bigint;
  v_fqdn      text;
  v_scope     text;
  v_schedules text;
begin
  -- First these, then the source: as whoever changes a schedule.
  perform
  from lastgood.schedule as c
  join lastgood.source as s on s.source_id = c.source_id
  where s.name = p_name and s.deleted_at is null and c.deleted_at is null
  order by c.schedule_id
  for no key update of c;
  -- Waits for a backup that is being started.
  perform
  from lastgood.source as s
  where s.name = p_name and s.deleted_at is null
  for update;
  v_source_id := lastgood.find_source(p_name);
  if exists (
    select
    from lastgood.backup as b
    where b.source_id = v_source_id and b.state = 'RUNNING'
  ) then
    raise exception 'a backup of source "%" is running', p_name
      using errcode = 'LG029', hint = 'Wait for its end, or stop it.';
  end if;
  select string_agg('"' || c.name || '"', ', ' order by c.name)
  into v_schedules
  from lastgood.schedule as c
  where c.source_id = v_source_id and c.deleted_at is null;
  if v_schedules is not null and not coalesce(p_force, false) then
    raise exception 'source "%" has schedules: %', p_name, v_schedules
      using errcode = 'LG029',
        hint = 'Delete these first, or use --force: what became of their runs stays.';
  end if;
  update lastgood.source as s
  set deleted_at = clock_timestamp()
  from lastgood.system as y
  where s.source_id = v_source_id and y.system_id = s.system_id
  returning y.fqdn, s.scope
  into v_fqdn, v_scope;
  perform lastgood.delete_schedule(c.schedule_id)
  from lastgood.schedule as c
  where c.source_id = v_source_id and c.deleted_at is null;
  perform lastgood.add_audit_event(9117, format(
    '%s deleted source "%s". Its backups stay, and its system still requires scope "%s".',
    session_user, p_name, v_scope
  ), v_fqdn, v_scope);
end;
$$;

--
-- Name: FUNCTION delete_source(p_name text, p_force boolean); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.delete_source(p_name text, p_force boolean) IS 'Forgets a source at which no backup runs, with force its schedules, too; its backups stay.';

--
-- Name: describe_backup(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.describe_backup(p_backup_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return (
    select jsonb_build_object(
      'backup_id', b.backup_id,
      'name', b.name,
      'type', b.type,
      'state', b.state,
      'parent_id', b.parent_id,
      -- As it is called where it lies.
      'parent_name', coalesce(o.origin_name, o.name),
      'source_id', s.source_id,
      'source', s.name,
      'source_type', s.type,
      'settings', s.settings,
      'fqdn', y.fqdn,
      'scope', s.scope,
      'installation', i.installation_id,
      'started_at', b.started_at
    )
    from lastgood.backup as b
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    cross join lastgood.installation as i
    left join lastgood.backup as o on o.backup_id = b.parent_id
    where b.backup_id = p_backup_id
  );
end;
$$;

--
-- Name: FUNCTION describe_backup(p_backup_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.describe_backup(p_backup_id bigint) IS 'A backup with its source and system, as one document.';

--
-- Name: describe_copies(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.describe_copies(p_backup_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  v_parent_id bigint := (
    select b.parent_id
    from lastgood.backup as b
    where b.backup_id = p_backup_id
  );
begin
  return (
    select coalesce(jsonb_agg(
      to_jsonb(c) || jsonb_build_object('parent_copy', to_jsonb(o)) order by c.backup_copy_id
    ), '[]')
    from lastgood.copy_status as c
    left join lastgood.copy_status as o
      on o.backup_id = v_parent_id and o.provider_id = c.provider_id and o.state = 'COMPLETE'
    where c.backup_id = p_backup_id and c.state <> 'DELETED'
  );
end;
$$;

--
-- Name: FUNCTION describe_copies(p_backup_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.describe_copies(p_backup_id bigint) IS 'The copies of a backup that are not deleted, as a list of documents.';

--
-- Name: detach_provider(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.detach_provider(p_name text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_provider_id bigint;
  v_running     text;
  v_backups     bigint[];
  v_fqdns       text[];
  v_gone        jsonb;
begin
  -- Waits for a backup that is being started there.
  perform from lastgood.provider as p where p.name = p_name for update;
  v_provider_id := lastgood.find_provider(p_name);
  select r.what
  into v_running
  from (
    select 1 as rank, 'it is built in' as what
    where p_name = 'noop'
    union all
    select 2, format('backup "%s" is running there', b.name)
    from lastgood.backup as b
    join lastgood.backup_copy as c on c.backup_id = b.backup_id
    where c.provider_id = v_provider_id and b.state = 'RUNNING'
    union all
    select 3, format('restore %s is reading there', r.restore_id)
    from lastgood.restore as r
    join lastgood.backup_copy as c on c.backup_copy_id = r.backup_copy_id
    where c.provider_id = v_provider_id and r.state = 'RUNNING'
      and r.lease_until > clock_timestamp()
  ) as r
  order by r.rank
  limit 1;
  if found then
    raise exception 'provider "%" cannot be detached: %', p_name, v_running
      using errcode = 'LG058', hint = 'Wait for the end of what runs, or stop it.';
  end if;
  select array_agg(distinct b.backup_id), array_agg(distinct y.fqdn)
  into v_backups, v_fqdns
  from lastgood.backup_copy as c
  join lastgood.backup as b on b.backup_id = c.backup_id
  join lastgood.source as s on s.source_id = b.source_id
  join lastgood.system as y on y.system_id = s.system_id
  where c.provider_id = v_provider_id;
  perform lastgood.forget_provider(v_provider_id);
  perform lastgood.settle_delete(given.backup_id)
  from unnest(v_backups) as given(backup_id);
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', b.backup_id, 'name', b.name, 'source', b.source, 'fqdn', b.fqdn, 'scope', b.scope
  ) order by b.backup_id), '[]')
  into v_gone
  from lastgood.backup_summary as b
  where b.backup_id = any (v_backups) and b.state in ('COMPLETE', 'PARTIAL')
    and b.proof_level is null;
  perform lastgood.add_audit_event(9129, format(
    '%s detached provider "%s"; %s backups are kept nowhere else.', session_user, p_name,
    jsonb_array_length(v_gone)
  ));
  perform lastgood.settle_live_alerts(v_fqdns);
  return v_gone;
end;
$$;

--
-- Name: FUNCTION detach_provider(p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.detach_provider(p_name text) IS 'Stops using a place and keeps its data; returns the backups that are kept nowhere else.';

--
-- Name: time_text(timestamp with time zone); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.time_text(p_at timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT to_char((p_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text) AS to_char;
END;

--
-- Name: FUNCTION time_text(p_at timestamp with time zone); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.time_text(p_at timestamp with time zone) IS 'A moment as it is written in messages: in UTC, to the second.';

--
-- Name: provider_type; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.provider_type (
    type text NOT NULL,
    keeps text NOT NULL,
    max_backups integer,
    layouts text[] NOT NULL,
    description text NOT NULL,
    CONSTRAINT at_least_one_backup_fits CHECK ((max_backups > 0)),
    CONSTRAINT kind_of_keeping_is_known CHECK ((keeps = ANY (ARRAY['any'::text, 'ovf'::text, 'nothing'::text]))),
    CONSTRAINT layouts_of_type_are_known CHECK ((layouts <@ ARRAY['pack'::text, 'tree'::text, 'ovf-store'::text]))
);

--
-- Name: TABLE provider_type; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.provider_type IS 'Types of providers and what they can do.';

--
-- Name: COLUMN provider_type.keeps; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.provider_type.keeps IS 'What a provider keeps: any object, ovf items alone, or nothing.';

--
-- Name: COLUMN provider_type.layouts; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.provider_type.layouts IS 'Layouts; the first one is the default.';

--
-- Name: provider_status; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.provider_status AS
 SELECT p.provider_id,
    p.name,
    p.type,
    t.keeps,
    p.layout,
    p.recipients,
    p.settings,
    p.marker,
    (p.name = 'noop'::text) AS is_builtin,
    kept.copies,
    (kept.bytes + packed.bytes) AS stored_bytes,
    ( SELECT c.backup_id
           FROM lastgood.backup_copy c
          WHERE ((c.provider_id = p.provider_id) AND (c.state = 'COMPLETE'::text))
          ORDER BY c.backup_id DESC
         LIMIT 1) AS newest_backup_id,
    t.description,
    p.group_name,
    p.max_running,
    p.max_backups,
    p.max_bytes,
    p.unreadable,
    packed.held_bytes,
    (( SELECT count(*) AS count
           FROM (lastgood.backup_copy c
             JOIN lastgood.backup b ON ((b.backup_id = c.backup_id)))
          WHERE ((c.provider_id = p.provider_id) AND (c.state = ANY (ARRAY['DELETING'::text, 'DELETE_FAILED'::text])) AND (b.state <> 'RUNNING'::text))) + ( SELECT count(*) AS count
           FROM lastgood.pack k
          WHERE ((k.provider_id = p.provider_id) AND (k.state = 'DELETING'::text) AND (k.forgotten_at IS NULL)))) AS leftovers,
    p.sweep_at,
    p.sweep_failures,
    p.sweep_error
   FROM (((lastgood.provider p
     JOIN lastgood.provider_type t ON ((t.type = p.type)))
     CROSS JOIN LATERAL ( SELECT count(*) AS copies,
            (COALESCE(sum(
                CASE c.layout
                    WHEN 'pack'::text THEN c.manifest_size
                    ELSE c.stored_bytes
                END), (0)::numeric))::bigint AS bytes
           FROM lastgood.backup_copy c
          WHERE ((c.provider_id = p.provider_id) AND (c.state <> 'DELETED'::text))) kept)
     CROSS JOIN LATERAL ( SELECT (COALESCE(sum(k.size_bytes), (0)::numeric))::bigint AS bytes,
            (COALESCE(sum(k.size_bytes) FILTER (WHERE (k.is_held AND (NOT (EXISTS ( SELECT
                   FROM lastgood.backup_copy_pack u
                  WHERE (u.pack_id = k.pack_id)))))), (0)::numeric))::bigint AS held_bytes
           FROM lastgood.pack k
          WHERE (k.provider_id = p.provider_id)) packed);

--
-- Name: VIEW provider_status; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.provider_status IS 'Every provider with what it keeps, how, and how many copies and bytes lie there.';

--
-- Name: diagnose_providers(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.diagnose_providers() RETURNS TABLE(subject text, outcome text, detail text, hint text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT r.subject,
     r.outcome,
     r.detail,
     r.hint
    FROM ( SELECT ('provider '::text || p.name) AS subject,
             'warning'::text AS outcome,
             format('%s manifests there cannot be read or are not known, such as "%s"; %s stay for them alone'::text, cardinality(p.unreadable), p.unreadable[1], pg_size_pretty(p.held_bytes)) AS detail,
             format('What to do with each: lastgood provider check %s'::text, p.name) AS hint
            FROM lastgood.provider_status p
           WHERE (p.unreadable <> '{}'::text[])
         UNION ALL
          SELECT ('provider '::text || p.name) AS subject,
             'warning'::text AS outcome,
             format('copies and packs that nobody needs and that could not be removed: %s, tried %s times, the next time after %s: %s'::text, p.leftovers, p.sweep_failures, lastgood.time_text(p.sweep_at), p.sweep_error) AS detail,
             format('Workers try again. See what is wrong: lastgood provider check %s'::text, p.name) AS hint
            FROM lastgood.provider_status p
           WHERE ((p.sweep_failures > 0) AND (p.leftovers > 0))) r
   ORDER BY r.subject, r.detail;
END;

--
-- Name: FUNCTION diagnose_providers(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.diagnose_providers() IS 'The part of diagnose about places with what cannot be read, or could not be removed.';

--
-- Name: judge_schedules(bigint, text, timestamp with time zone, integer); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.judge_schedules(p_system_id bigint, p_scope text, p_success_at timestamp with time zone, p_failing_after integer) RETURNS TABLE(due_at timestamp with time zone, due_by text, state text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
begin
  return query
  select
    min(plan.due_at),
    (array_agg(plan.name order by plan.due_at, plan.schedule_id)
      filter (where plan.due_at is not null))[1],
    case
      when not bool_or(plan.is_enabled) then 'disabled'
      when bool_or(plan.is_enabled and (
        select count(*) = p_failing_after and bool_and(run.state <> 'SUCCESS')
        from (
          select e.state
          from lastgood.execution as e
          where e.schedule_id = plan.schedule_id
            and e.state in ('SUCCESS', 'PARTIAL', 'ERROR', 'INTERRUPTED')
          order by coalesce(e.slot_at, e.queued_at) desc, e.execution_id desc
          limit p_failing_after
        ) as run
      )) then 'failing'
      when bool_and(not plan.is_enabled or plan.has_ended) then 'ended'
      when bool_and(not plan.is_enabled or not (
        exists (
          select
          from lastgood.execution as e
          where e.schedule_id = plan.schedule_id
            and e.state in ('SUCCESS', 'PARTIAL', 'ERROR', 'INTERRUPTED')
        )
        or exists (
          select
          from lastgood.execution as e
          where e.schedule_id = plan.schedule_id
            and e.state in ('QUEUED', 'RUNNING') and e.state = 'RUNNING'
        )
      )) then 'never ran'
      else 'scheduled'
    end
  from (
    select
      c.schedule_id,
      c.name,
      c.is_enabled,
      c.next_run_at is null as has_ended,
      -- Hours are added, not days of some time zone.
      case when second.run_at <= coalesce(c.until_at, 'infinity')
        then (second.run_at at time zone 'UTC' + least(c.grace, '100 years')) at time zone 'UTC'
      end as due_at
    from lastgood.source as s
    join lastgood.schedule as c on c.source_id = s.source_id
    cross join lateral (
      select
        case when p_success_at is not null and c.is_enabled and (c.runs < c.max_runs) is not false
          then lastgood.second_run(
            c.pattern, c.tz, greatest(p_success_at, c.first_at - interval '1 microsecond')
          )
        end as run_at
      -- Else it would be called once for each place that names it.
      offset 0
    ) as second
    where s.system_id = p_system_id and s.scope = p_scope
      and s.deleted_at is null and c.deleted_at is null
  ) as plan
  having count(*) > 0;
end;
$$;

--
-- Name: FUNCTION judge_schedules(p_system_id bigint, p_scope text, p_success_at timestamp with time zone, p_failing_after integer); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.judge_schedules(p_system_id bigint, p_scope text, p_success_at timestamp with time zone, p_failing_after integer) IS 'The first deadline that the schedules of a scope set after a success, and how they are.';

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
           FROM lastgood.last_check l) AS last_check_at,
    make_interval(mins => (max(c.value) FILTER (WHERE ((c.name = 'BackupUntakenAfterMinutes'::text) AND (c.value <> '-1'::text))))::integer) AS untaken_after,
    make_interval(mins => (max(c.value) FILTER (WHERE ((c.name = 'BackupWaitingAfterMinutes'::text) AND (c.value <> '-1'::text))))::integer) AS waiting_after
   FROM ( SELECT k.name,
            COALESCE(v.value, k.default_value) AS value
           FROM (lastgood.config_key k
             LEFT JOIN lastgood.config_value v ON ((v.name = k.name)))) c;

--
-- Name: VIEW setting; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.setting IS 'One row: now, when a check last ran, and the config of the verdict as typed columns; check_period is null while checking is off, untaken_after and waiting_after where they are.';

--
-- Name: source; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.source (
    source_id bigint NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    system_id bigint NOT NULL,
    scope text NOT NULL COLLATE pg_catalog."C",
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    added_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    added_by text DEFAULT SESSION_USER NOT NULL,
    deleted_at timestamp with time zone,
    origin uuid,
    origin_name text,
    labels text[] DEFAULT '{}'::text[] NOT NULL,
    max_running integer DEFAULT 1 NOT NULL,
    CONSTRAINT origin_of_source_has_a_name CHECK (((origin IS NULL) = (origin_name IS NULL))),
    CONSTRAINT source_may_run CHECK ((max_running > 0)),
    CONSTRAINT source_name_is_plain CHECK ((name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'::text)),
    CONSTRAINT source_settings_are_an_object CHECK ((jsonb_typeof(settings) = 'object'::text))
);

--
-- Name: TABLE source; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.source IS 'What lastgood backs up; change it with the functions only.';

--
-- Name: COLUMN source.deleted_at; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.source.deleted_at IS 'Since when it is backed up no longer, or null.';

--
-- Name: COLUMN source.origin; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.source.origin IS 'The installation with whose backups it was attached; null where it was added.';

--
-- Name: success; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.success AS
 SELECT l.fqdn,
    l.scope,
    l.counts_from,
    l.backup_id,
        CASE
            WHEN (l.backup_id IS NULL) THEN 0
            ELSE best.proof_level
        END AS proof_level
   FROM (lastgood.engine_backup_log l
     CROSS JOIN LATERAL ( SELECT (GREATEST(max(held.proof_level) FILTER (WHERE (held.group_name IS NULL)),
                CASE
                    WHEN (count(held.group_name) = max(cardinality(held.groups))) THEN min(held.proof_level) FILTER (WHERE (held.group_name IS NOT NULL))
                    ELSE NULL::smallint
                END))::integer AS proof_level
           FROM ( SELECT c.group_name,
                    b.groups,
                    max(c.proof_level) AS proof_level
                   FROM (lastgood.backup b
                     JOIN lastgood.backup_copy c ON ((c.backup_id = b.backup_id)))
                  WHERE ((b.backup_id = l.backup_id) AND (b.state = 'COMPLETE'::text) AND (c.state = 'COMPLETE'::text))
                  GROUP BY c.group_name, b.groups) held) best)
  WHERE l.is_passed;

--
-- Name: VIEW success; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.success IS 'Inside: every success and its proof level; null where its backup is good no more.';

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
    COALESCE(s.alert_after, setting.alert_after) AS alert_after,
    s.system_id,
    (s.alert_after IS NOT NULL) AS is_period_set
   FROM ((setting
     CROSS JOIN lastgood.system s)
     CROSS JOIN LATERAL unnest(COALESCE(s.required_scopes, setting.required_scopes)) WITH ORDINALITY required(scope, place))
  WHERE ((s.retired_at IS NULL) AND (required.place = array_position(COALESCE(s.required_scopes, setting.required_scopes), required.scope)))
UNION ALL
 SELECT s.fqdn,
    seen.scope,
    false AS is_required,
    COALESCE(s.alert_after, setting.alert_after) AS alert_after,
    s.system_id,
    (s.alert_after IS NOT NULL) AS is_period_set
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
            s.proof_level,
            (EXISTS ( SELECT
                   FROM lastgood.schedule c
                  WHERE (c.deleted_at IS NULL))) AS has_schedules
           FROM lastgood.setting s
        )
 SELECT judged.fqdn,
    judged.scope,
    judged.is_required,
        CASE
            WHEN (answer.success_at IS NULL) THEN 'missing'::text
            WHEN COALESCE((setting.now > planned.due_at), ((setting.now - answer.success_at) > judged.alert_after)) THEN 'outdated'::text
            ELSE 'ok'::text
        END AS state,
        CASE
            WHEN ((setting.now - answer.open_start_at) > setting.stuck_after) THEN 'stuck'::text
            WHEN answer.is_failing THEN 'failing'::text
            WHEN (answer.open_start_at IS NOT NULL) THEN 'running'::text
            ELSE 'idle'::text
        END AS activity,
    answer.success_at AS last_success_at,
    (setting.now - answer.success_at) AS age,
    answer.attempt_at AS last_attempt_at,
    answer.is_passed AS last_attempt_passed,
    answer.open_start_at AS running_since,
    answer.proof_level,
    COALESCE((planned.due_at - answer.success_at), judged.alert_after) AS alert_after,
    COALESCE(planned.due_at, (((answer.success_at AT TIME ZONE 'UTC'::text) + LEAST(
        CASE
            WHEN judged.is_period_set THEN (judged.alert_after + ('-1 mons +30 days'::interval * (((((12)::numeric * EXTRACT(year FROM judged.alert_after)) + EXTRACT(month FROM judged.alert_after)))::integer)::double precision))
            ELSE judged.alert_after
        END, '36500000 days'::interval)) AT TIME ZONE 'UTC'::text)) AS due_at,
    planned.due_by,
    COALESCE(planned.state, 'none'::text) AS schedule_state
   FROM ((((setting
     CROSS JOIN lastgood.watched_scope judged)
     LEFT JOIN LATERAL (( SELECT a.log_type,
            a.log_time,
            a.run_id,
            a.backup_id
           FROM lastgood.audit_log a
          WHERE ((a.fqdn = judged.fqdn) AND (a.scope = judged.scope) AND (a.done_at IS NOT NULL) AND (a.log_time >= (setting.now - LEAST(judged.alert_after, '100 years'::interval))))
          ORDER BY a.log_time DESC, a.log_type DESC
         LIMIT 1)
        UNION ALL
        ( SELECT a.log_type,
            a.log_time,
            a.run_id,
            a.backup_id
           FROM lastgood.audit_log a
          WHERE ((a.fqdn = judged.fqdn) AND (a.scope = judged.scope) AND (a.done_at IS NOT NULL))
          ORDER BY a.log_time DESC, a.log_type DESC
         LIMIT 1)
 LIMIT 1) newest ON (true))
     LEFT JOIN LATERAL ( SELECT newest.log_time AS attempt_at,
            true AS is_passed,
            newest.log_time AS success_at,
            0 AS proof_level,
            NULL::timestamp with time zone AS open_start_at,
            false AS is_failing
          WHERE ((newest.log_type = 9025) AND (newest.run_id IS NULL) AND (newest.backup_id IS NULL) AND (setting.proof_level = 0))
        UNION ALL
         SELECT attempt.at,
            attempt.is_passed,
            good.at,
            good.proof_level,
            open_start.at,
            failing.is_so
           FROM (((((( SELECT) further
             LEFT JOIN LATERAL ( SELECT newest.log_time AS at,
                    (newest.log_type = 9025) AS is_passed,
                    newest.backup_id
                  WHERE (newest.log_type <> 9024)
                UNION ALL
                ( SELECT a.log_time,
                    (a.log_type = 9025),
                    a.backup_id
                   FROM lastgood.audit_log a
                  WHERE ((newest.log_type = 9024) AND (a.fqdn = judged.fqdn) AND (a.scope = judged.scope) AND (a.done_at IS NOT NULL) AND ((a.log_type >= 9025) AND (a.log_type <= 9026)))
                  ORDER BY a.log_time DESC, a.log_type DESC
                 LIMIT 1)) attempt ON (true))
             LEFT JOIN LATERAL ( SELECT attempt.at,
                    attempt.backup_id
                  WHERE attempt.is_passed
                UNION ALL
                ( SELECT l.counts_from,
                    l.backup_id
                   FROM lastgood.engine_backup_log l
                  WHERE ((NOT attempt.is_passed) AND (l.fqdn = judged.fqdn) AND (l.scope = judged.scope) AND l.is_passed)
                  ORDER BY l.counts_from DESC
                 LIMIT 1)) success ON (true))
             LEFT JOIN LATERAL ( SELECT success.at,
                    0 AS proof_level
                  WHERE ((success.at IS NOT NULL) AND (success.backup_id IS NULL) AND (setting.proof_level = 0))
                UNION ALL
                ( SELECT s.counts_from,
                    s.proof_level
                   FROM lastgood.success s
                  WHERE ((success.backup_id IS NOT NULL) AND (setting.proof_level = 0) AND (s.fqdn = judged.fqdn) AND (s.scope = judged.scope) AND (s.proof_level IS NOT NULL))
                  ORDER BY s.counts_from DESC
                 LIMIT 1)
                UNION ALL
                ( SELECT s.counts_from,
                    s.proof_level
                   FROM lastgood.success s
                  WHERE ((success.at IS NOT NULL) AND (setting.proof_level > 0) AND (s.fqdn = judged.fqdn) AND (s.scope = judged.scope) AND (s.backup_id IS NOT NULL) AND (s.proof_level >= setting.proof_level))
                  ORDER BY s.counts_from DESC
                 LIMIT 1)) good ON (true))
             LEFT JOIN LATERAL ( SELECT (count(*) = setting.failing_after) AS is_so
                   FROM ( SELECT
                           FROM lastgood.audit_log a
                          WHERE ((NOT attempt.is_passed) AND (a.fqdn = judged.fqdn) AND (a.scope = judged.scope) AND (a.done_at IS NOT NULL) AND (a.log_type = 9026) AND ((a.log_time >= COALESCE(success.at, '-infinity'::timestamp with time zone)) AND (a.log_time <= attempt.at)))
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
          WHERE ((newest.log_type <> 9025) OR (newest.run_id IS NOT NULL) OR (newest.backup_id IS NOT NULL) OR (setting.proof_level > 0))) answer ON (true))
     LEFT JOIN LATERAL ( SELECT plan.due_at,
            plan.due_by,
            plan.state
           FROM (( SELECT s.system_id
                   FROM (lastgood.source s
                     JOIN lastgood.schedule c ON ((c.source_id = s.source_id)))
                  WHERE (setting.has_schedules AND (s.system_id = judged.system_id) AND (s.scope = judged.scope) AND (s.deleted_at IS NULL) AND (c.deleted_at IS NULL))
                 LIMIT 1) scheduled
             CROSS JOIN LATERAL lastgood.judge_schedules(scheduled.system_id, judged.scope,
                CASE
                    WHEN (judged.is_required AND (NOT judged.is_period_set)) THEN answer.success_at
                    ELSE NULL::timestamp with time zone
                END, setting.failing_after) plan(due_at, due_by, state))) planned ON (true));

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
        END AS check_status,
    verdict.due_at
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
            COALESCE(
                CASE
                    WHEN (bool_or((b.due_by IS NOT NULL)) AND bool_and((b.last_success_at IS NOT NULL))) THEN (min(b.due_at) - min(b.last_success_at))
                    ELSE NULL::interval
                END, max(b.alert_after) FILTER (WHERE (b.due_by IS NULL))) AS alert_after,
            min(b.due_at) AS due_at,
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
-- Name: quota_warnings(bigint, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.quota_warnings(p_schedule_id bigint DEFAULT NULL::bigint, p_provider text DEFAULT NULL::text) RETURNS TABLE(schedule_id bigint, schedule text, provider text, warning text, hint text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    BEGIN ATOMIC
 WITH usual AS MATERIALIZED (
          SELECT lastgood.default_providers() AS providers,
             (lastgood.get_config_value('BackupMaxChainLength'::text))::integer AS chain
         )
  SELECT s.schedule_id,
     s.name,
     p.name,
     format('provider "%s" may keep %s backups, and schedule "%s" needs room for %s: %s; once it is full, no run succeeds'::text, p.name, p.max_backups, s.name, (r.chain + r.kept),
         CASE
             WHEN (r.chain > 1) THEN format('a chain of %s and %s of the next one'::text, r.chain, r.kept)
             ELSE format('%s that it keeps and one more'::text, r.kept)
         END) AS format,
     concat_ws('; or let'::text,
         CASE
             WHEN ((r.chain > 1) AND ((p.max_backups - r.kept) >= 2)) THEN format('Let chains be shorter: lastgood schedule update %s --max-chain %s'::text, s.schedule_id, (p.max_backups - r.kept))
             WHEN ((r.chain > 1) AND (p.max_backups > r.kept)) THEN format('Make full backups: lastgood schedule update %s --full'::text, s.schedule_id)
             WHEN (p.max_backups > r.chain) THEN format('Keep fewer: lastgood schedule update %s --keep-last %s'::text, s.schedule_id, (p.max_backups - r.chain))
             ELSE 'Name another provider'::text
         END, format(' it keep more: lastgood provider set %s --max-backups %s'::text, p.name, (r.chain + r.kept))) AS concat_ws
    FROM ((((usual
      CROSS JOIN lastgood.schedule s)
      CROSS JOIN LATERAL ( SELECT
                 CASE
                     WHEN ((s.kind = 'incremental'::text) AND (s.parent_id IS NULL)) THEN COALESCE(s.max_chain, usual.chain)
                     ELSE 1
                 END AS chain,
             COALESCE(s.keep_last, 1) AS kept) r)
      JOIN lastgood.provider p ON ((p.name = ANY (COALESCE(NULLIF(s.providers, '{}'::text[]), usual.providers)))))
      JOIN lastgood.provider_type t ON ((t.type = p.type)))
   WHERE (s.is_enabled AND (s.deleted_at IS NULL) AND (s.schedule_id = COALESCE(quota_warnings.p_schedule_id, s.schedule_id)) AND (p.name = COALESCE(quota_warnings.p_provider, p.name)) AND (t.max_backups IS NULL) AND (t.keeps <> 'nothing'::text) AND (p.max_backups < (r.chain + r.kept)))
   ORDER BY s.schedule_id, p.name;
END;

--
-- Name: FUNCTION quota_warnings(p_schedule_id bigint, p_provider text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.quota_warnings(p_schedule_id bigint, p_provider text) IS 'Schedules for which a provider may keep too few backups, with what to do about it.';

--
-- Name: waiting_run; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.waiting_run AS
 WITH usual AS MATERIALIZED (
         SELECT array_agg(p.name) AS providers
           FROM (lastgood.provider p
             JOIN lastgood.provider_type t ON ((t.type = p.type)))
          WHERE ((t.keeps = 'any'::text) AND (p.group_name IS NULL))
        ), running AS MATERIALIZED (
         SELECT o.labels,
            COALESCE(NULLIF(s.providers, '{}'::text[]), usual.providers) AS providers
           FROM (((lastgood.execution e
             JOIN lastgood.schedule s ON ((s.schedule_id = e.schedule_id)))
             JOIN lastgood.source o ON ((o.source_id = s.source_id)))
             CROSS JOIN usual)
          WHERE ((e.state = 'RUNNING'::text) AND (e.lease_until > clock_timestamp()))
        ), reached AS MATERIALIZED (
         SELECT r.labels
           FROM running r
        UNION
         SELECT o.labels
           FROM ((lastgood.execution e
             JOIN lastgood.schedule s ON ((s.schedule_id = e.schedule_id)))
             JOIN lastgood.source o ON ((o.source_id = s.source_id)))
          WHERE ((e.finished_at > (clock_timestamp() - '00:05:00'::interval)) AND (e.state = ANY (ARRAY['SUCCESS'::text, 'PARTIAL'::text, 'ERROR'::text])))
        ), busy AS MATERIALIZED (
         SELECT array_agg(p.name) AS providers
           FROM lastgood.provider p
          WHERE (p.max_running <= ( SELECT count(*) AS count
                   FROM running r
                  WHERE (p.name = ANY (r.providers))))
        )
 SELECT NULL::bigint AS execution_id,
    s.schedule_id,
    s.name AS schedule,
    o.name AS source,
    y.fqdn,
    s.next_run_at AS since,
    (lastgood.clock() - s.next_run_at) AS waited,
    true AS is_untaken
   FROM ((lastgood.schedule s
     JOIN lastgood.source o ON ((o.source_id = s.source_id)))
     JOIN lastgood.system y ON ((y.system_id = o.system_id)))
  WHERE (s.is_enabled AND (s.deleted_at IS NULL) AND (s.next_run_at < (lastgood.clock() - '00:01:00'::interval)))
UNION ALL
 SELECT e.execution_id,
    s.schedule_id,
    s.name AS schedule,
    o.name AS source,
    y.fqdn,
    due.since,
    (clock_timestamp() - due.since) AS waited,
    ((due.since < (clock_timestamp() - '00:01:00'::interval)) AND (NOT (EXISTS ( SELECT
           FROM reached r
          WHERE (r.labels @> o.labels)))) AND ((COALESCE(NULLIF(s.providers, '{}'::text[]), usual.providers) && busy.providers) IS NOT TRUE)) AS is_untaken
   FROM ((((((lastgood.execution e
     JOIN lastgood.schedule s ON ((s.schedule_id = e.schedule_id)))
     JOIN lastgood.source o ON ((o.source_id = s.source_id)))
     JOIN lastgood.system y ON ((y.system_id = o.system_id)))
     CROSS JOIN LATERAL ( SELECT GREATEST(e.not_before, e.slot_at, e.queued_at) AS since) due)
     CROSS JOIN usual)
     CROSS JOIN busy)
  WHERE ((e.state = 'QUEUED'::text) AND (due.since <= clock_timestamp()));

--
-- Name: VIEW waiting_run; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.waiting_run IS 'Every slot that is due and every execution that waits, and whether no worker takes it.';

--
-- Name: diagnose_schedules(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.diagnose_schedules() RETURNS TABLE(subject text, outcome text, detail text, hint text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT 'schedules'::text AS subject,
         CASE
             WHEN ((untaken.due + untaken.runs) > 0) THEN 'warning'::text
             ELSE 'ok'::text
         END AS outcome,
         CASE
             WHEN ((untaken.due + untaken.runs) > 0) THEN concat_ws('; '::text,
             CASE
                 WHEN (untaken.due > 0) THEN format('due, and seen by no worker: %s, the first since %s'::text, untaken.due, lastgood.time_text(untaken.due_since))
                 ELSE NULL::text
             END,
             CASE
                 WHEN (untaken.runs > 0) THEN format('runs that no worker takes: %s, the first, of "%s", since %s'::text, untaken.runs, untaken.schedule, lastgood.time_text(untaken.since))
                 ELSE NULL::text
             END)
             ELSE 'what is due finds a worker'::text
         END AS detail,
     'Start a worker (lastgood work) with the labels of the sources, or see what its log says.'::text AS hint
    FROM ( SELECT count(*) FILTER (WHERE (w.execution_id IS NULL)) AS due,
             min(w.since) FILTER (WHERE (w.execution_id IS NULL)) AS due_since,
             count(w.execution_id) AS runs,
             min(w.since) FILTER (WHERE (w.execution_id IS NOT NULL)) AS since,
             (array_agg(w.schedule ORDER BY w.since, w.execution_id) FILTER (WHERE (w.execution_id IS NOT NULL)))[1] AS schedule
            FROM lastgood.waiting_run w
           WHERE w.is_untaken) untaken
   WHERE (EXISTS ( SELECT
            FROM lastgood.schedule s
           WHERE (s.deleted_at IS NULL)))
 UNION ALL
  SELECT format('schedule %s (%s)'::text, w.schedule, w.schedule_id) AS format,
     'warning'::text AS outcome,
     w.warning,
     w.hint
    FROM lastgood.quota_warnings() w(schedule_id, schedule, provider, warning, hint);
END;

--
-- Name: FUNCTION diagnose_schedules(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.diagnose_schedules() IS 'Whether what is due finds a worker, and has room; part of diagnose.';

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
-- Name: queue_status; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.queue_status AS
 SELECT q.fqdn,
    count(*) FILTER (WHERE (q.what = 'unseen'::text)) AS due,
    count(*) FILTER (WHERE (q.what = 'queued'::text)) AS queued,
    count(*) FILTER (WHERE (q.what = 'retrying'::text)) AS retrying,
    count(*) FILTER (WHERE (q.what = 'running'::text)) AS running,
    min(q.since) AS waiting_since,
    max(q.waited) AS waited,
    (array_agg(q.schedule ORDER BY q.since, q.execution_id) FILTER (WHERE (q.since IS NOT NULL)))[1] AS waiting_schedule,
    count(*) FILTER (WHERE q.is_untaken) AS untaken,
    min(q.since) FILTER (WHERE q.is_untaken) AS untaken_since,
    max(q.waited) FILTER (WHERE q.is_untaken) AS untaken_for,
    (array_agg(q.schedule ORDER BY q.since, q.execution_id) FILTER (WHERE q.is_untaken))[1] AS untaken_schedule,
        CASE
            WHEN (setting.check_period IS NULL) THEN 0
            WHEN (max(q.waited) FILTER (WHERE q.is_untaken) > setting.untaken_after) THEN 1
            WHEN (max(q.waited) > setting.waiting_after) THEN 1
            ELSE 0
        END AS check_status
   FROM ((( SELECT w.fqdn,
                CASE
                    WHEN (w.execution_id IS NULL) THEN 'unseen'::text
                    ELSE 'queued'::text
                END AS what,
            w.schedule,
            w.execution_id,
            w.since,
            w.waited,
            w.is_untaken
           FROM lastgood.waiting_run w
        UNION ALL
         SELECT y.fqdn,
                CASE e.state
                    WHEN 'RUNNING'::text THEN 'running'::text
                    ELSE 'retrying'::text
                END AS what,
            s_1.name AS schedule,
            e.execution_id,
            NULL::timestamp with time zone AS since,
            NULL::interval AS waited,
            false AS is_untaken
           FROM (((lastgood.execution e
             JOIN lastgood.schedule s_1 ON ((s_1.schedule_id = e.schedule_id)))
             JOIN lastgood.source o ON ((o.source_id = s_1.source_id)))
             JOIN lastgood.system y ON ((y.system_id = o.system_id)))
          WHERE ((e.state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text])) AND ((e.state = 'RUNNING'::text) OR (e.not_before > clock_timestamp())))) q
     JOIN lastgood.system s ON (((s.fqdn = q.fqdn) AND (s.retired_at IS NULL))))
     CROSS JOIN lastgood.setting)
  GROUP BY q.fqdn, setting.check_period, setting.untaken_after, setting.waiting_after;

--
-- Name: VIEW queue_status; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.queue_status IS 'What waits and runs of the schedules of each watched system, since when, and whether it is a warning.';

--
-- Name: check_summary; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.check_summary AS
 SELECT
        CASE
            WHEN (setting.check_period IS NULL) THEN 0
            ELSE GREATEST(COALESCE(max(s.check_status), 2), queue.check_status)
        END AS check_status,
    count(s.fqdn) AS systems,
    count(s.fqdn) FILTER (WHERE (s.state = 'ok'::text)) AS ok,
    count(s.fqdn) FILTER (WHERE (s.state = 'outdated'::text)) AS outdated,
    count(s.fqdn) FILTER (WHERE (s.state = 'missing'::text)) AS missing,
    count(s.fqdn) FILTER (WHERE (s.check_status = 1)) AS warnings,
    (setting.check_period IS NOT NULL) AS is_checked,
    setting.last_check_at,
    setting.check_period,
    unwatched.systems AS unwatched,
    queue.waiting,
    queue.waiting_since,
    queue.untaken,
    queue.untaken_since,
    queue.running
   FROM (((lastgood.setting
     CROSS JOIN ( SELECT count(DISTINCT a.fqdn) AS systems
           FROM lastgood.audit_log a
          WHERE (a.awaits_system AND (NOT (EXISTS ( SELECT
                   FROM lastgood.system known
                  WHERE (known.fqdn = a.fqdn)))))) unwatched)
     CROSS JOIN ( SELECT (COALESCE(sum((q.due + q.queued)), (0)::numeric))::bigint AS waiting,
            min(q.waiting_since) AS waiting_since,
            (COALESCE(sum(q.untaken), (0)::numeric))::bigint AS untaken,
            min(q.untaken_since) AS untaken_since,
            (COALESCE(sum(q.running), (0)::numeric))::bigint AS running,
            max(q.check_status) AS check_status
           FROM lastgood.queue_status q) queue)
     LEFT JOIN lastgood.system_status s ON (true))
  GROUP BY setting.check_period, setting.last_check_at, unwatched.systems, queue.waiting, queue.waiting_since, queue.untaken, queue.untaken_since, queue.running, queue.check_status;

--
-- Name: VIEW check_summary; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.check_summary IS 'One row: what a monitoring plugin makes of all systems, how many are how, how often they are checked, how many report without being watched, and how many runs wait since when.';

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
  SELECT c.subject,
     c.outcome,
     c.detail,
     c.hint
    FROM lastgood.diagnose_schedules() c(subject, outcome, detail, hint)
 UNION ALL
  SELECT p.subject,
     p.outcome,
     p.detail,
     p.hint
    FROM lastgood.diagnose_providers() p(subject, outcome, detail, hint)
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
-- Name: due_slots(lastgood.schedule, timestamp with time zone, integer); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.due_slots(p_schedule lastgood.schedule, p_until timestamp with time zone, p_limit integer, OUT slots timestamp with time zone[], OUT next_at timestamp with time zone) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  slots := '{}';
  next_at := p_schedule.next_run_at;
  while next_at <= p_until and cardinality(slots) < p_limit loop
    slots := slots || next_at;
    next_at := lastgood.next_run(p_schedule.pattern, p_schedule.tz, next_at);
    if next_at > p_schedule.until_at then
      next_at := null;
    end if;
  end loop;
end;
$$;

--
-- Name: FUNCTION due_slots(p_schedule lastgood.schedule, p_until timestamp with time zone, p_limit integer, OUT slots timestamp with time zone[], OUT next_at timestamp with time zone); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.due_slots(p_schedule lastgood.schedule, p_until timestamp with time zone, p_limit integer, OUT slots timestamp with time zone[], OUT next_at timestamp with time zone) IS 'The slots of a schedule that are due, oldest first, so many at most, and the next one.';

--
-- Name: end_backup(bigint, text, text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.end_backup(p_backup_id bigint, p_state text, p_reason text, p_message text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update lastgood.backup as b
  set state = p_state, ended_at = clock_timestamp(), lease_until = null, token = null,
    reason = p_reason
  where b.backup_id = p_backup_id;
  update lastgood.backup_copy as c
  set state = case when c.is_begun then 'DELETING' else 'DELETED' end,
    reason = coalesce(c.reason, p_reason)
  where c.backup_id = p_backup_id and c.state not in ('DELETING', 'DELETED', 'DELETE_FAILED')
    and (c.state = 'RUNNING' or p_state = 'FAILED');
  perform lastgood.report_backup(
    p_backup_id, case p_state when 'COMPLETE' then 1 else -1 end, p_message
  );
end;
$$;

--
-- Name: FUNCTION end_backup(p_backup_id bigint, p_state text, p_reason text, p_message text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.end_backup(p_backup_id bigint, p_state text, p_reason text, p_message text) IS 'Ends a running backup in a state, and reports it.';

--
-- Name: end_execution(lastgood.execution, text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.end_execution(p_execution lastgood.execution, p_state text, p_reason text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_backup text := lastgood.stop_backup(p_execution.backup_id, p_reason);
  v_state  text := case v_backup
    when 'COMPLETE' then 'SUCCESS'
    when 'PARTIAL' then 'PARTIAL'
    else p_state
  end;
  v_reason text := case v_state
    when 'SUCCESS' then p_execution.reason
    when 'PARTIAL' then coalesce((
      select b.reason
      from lastgood.backup as b
      where b.backup_id = p_execution.backup_id
    ), p_execution.reason)
    else p_reason
  end;
  v_retry  timestamptz := case when v_state in ('ERROR', 'INTERRUPTED')
    then lastgood.retry_at(p_execution.schedule_id, p_execution.attempt) end;
begin
  if v_state in ('ERROR', 'INTERRUPTED') then
    perform lastgood.report_failure(p_execution, p_reason);
    if v_retry is null then
      v_reason := concat_ws('; ', v_reason, lastgood.no_retry_reason(p_execution));
    end if;
  end if;
  update lastgood.execution as e
  set state = case when v_retry is null then v_state else 'QUEUED' end,
    finished_at = case when v_retry is null then clock_timestamp() end,
    not_before = v_retry,
    attempt = e.attempt + (v_retry is not null)::integer,
    reason = v_reason,
    output = jsonb_build_object(
      'status', v_state, 'backup_id', e.backup_id,
      'error', case when v_state <> 'SUCCESS' then v_reason end
    ),
    lease = null, lease_until = null, token = null
  where e.execution_id = p_execution.execution_id
  returning e.state
  into v_state;
  return v_state;
end;
$$;

--
-- Name: FUNCTION end_execution(p_execution lastgood.execution, p_state text, p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.end_execution(p_execution lastgood.execution, p_state text, p_reason text) IS 'Ends a running execution by its backup, or as told, or queues its retry; returns the state.';

--
-- Name: end_restore(bigint, uuid, text, bigint, text[], text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.end_restore(p_restore_id bigint, p_token uuid, p_state text, p_bytes bigint, p_actions text[], p_reason text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update lastgood.restore as r
  set state = p_state, ended_at = clock_timestamp(), lease_until = null, token = null,
    restored_bytes = p_bytes, actions = coalesce(p_actions, '{}'), reason = p_reason
  where r.restore_id = p_restore_id and r.token = p_token and r.state = 'RUNNING';
  if not found then
    raise exception 'restore % was taken over, or has ended', p_restore_id
      using errcode = 'LG035', hint = 'Its lease ran out, or somebody ended it: start a new one.';
  end if;
end;
$$;

--
-- Name: FUNCTION end_restore(p_restore_id bigint, p_token uuid, p_state text, p_bytes bigint, p_actions text[], p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.end_restore(p_restore_id bigint, p_token uuid, p_state text, p_bytes bigint, p_actions text[], p_reason text) IS 'Ends a running restore in a state.';

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
-- Name: expire_backups(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.expire_backups(p_schedule_id bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_schedule_id bigint := lastgood.find_schedule(p_schedule_id::text);
  v_name        text;
  v_going       record;
  v_expired     jsonb := jsonb '[]';
  v_copies      jsonb;
begin
  select c.name
  into v_name
  from lastgood.schedule as c
  join lastgood.source as s on s.source_id = c.source_id
  where c.schedule_id = v_schedule_id
  for no key update of s;
  for v_going in
    select p.backup_id, p.name, p.reason, b.state
    from lastgood.retention_plan(v_schedule_id) as p
    join lastgood.backup as b on b.backup_id = p.backup_id
    where not p.is_kept and b.state <> 'DELETING'
    -- What builds on others goes before them.
    order by p.backup_id desc
  loop
    begin
      perform lastgood.start_delete(v_going.backup_id);
    exception
      when sqlstate 'LG040' or sqlstate 'LG041' or sqlstate 'LG042' or sqlstate 'LG043'
        or sqlstate 'LG044' or sqlstate 'LG045' then
        continue;
    end;
    if v_going.state <> 'DELETE_FAILED' then
      perform lastgood.tell_of_backup(
        9132, v_going.backup_id, format('Schedule "%s"', v_name), 'lets go of', v_going.reason
      );
    end if;
    v_expired := v_expired || jsonb_build_object(
      'backup_id', v_going.backup_id, 'name', v_going.name, 'reason', v_going.reason
    );
  end loop;
  select coalesce(jsonb_agg(to_jsonb(c) order by c.backup_copy_id), '[]')
  into v_copies
  from lastgood.backup as b
  join lastgood.copy_status as c on c.backup_id = b.backup_id
  where b.schedule_id = v_schedule_id
    and b.state in ('COMPLETE', 'PARTIAL', 'FAILED', 'DELETING', 'DELETE_FAILED')
    and c.state in ('DELETING', 'DELETE_FAILED');
  return jsonb_build_object('backups', v_expired, 'copies', v_copies);
end;
$$;

--
-- Name: FUNCTION expire_backups(p_schedule_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.expire_backups(p_schedule_id bigint) IS 'Begins to delete what a schedule keeps no longer; returns it, with the copies to remove.';

--
-- Name: fail_backup(bigint, uuid, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.fail_backup(p_backup_id bigint, p_token uuid, p_reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  perform lastgood.own_backup(p_backup_id, p_token);
  perform lastgood.end_backup(
    p_backup_id, 'FAILED', p_reason, 'The backup failed: ' || coalesce(p_reason, 'nobody knows why')
  );
end;
$$;

--
-- Name: FUNCTION fail_backup(p_backup_id bigint, p_token uuid, p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.fail_backup(p_backup_id bigint, p_token uuid, p_reason text) IS 'Ends a backup as failed, and reports it.';

--
-- Name: fail_copy(bigint, uuid, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.fail_copy(p_backup_copy_id bigint, p_token uuid, p_reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  perform lastgood.own_copy(p_backup_copy_id, p_token);
  update lastgood.backup_copy as c
  set state = case when c.is_begun then 'DELETING' else 'DELETED' end, reason = p_reason
  where c.backup_copy_id = p_backup_copy_id;
end;
$$;

--
-- Name: FUNCTION fail_copy(p_backup_copy_id bigint, p_token uuid, p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.fail_copy(p_backup_copy_id bigint, p_token uuid, p_reason text) IS 'Gives up a copy; what was written of it is removed by the next sweep.';

--
-- Name: fail_restore(bigint, uuid, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.fail_restore(p_restore_id bigint, p_token uuid, p_reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  perform lastgood.end_restore(p_restore_id, p_token, 'FAILED', null, '{}', p_reason);
end;
$$;

--
-- Name: FUNCTION fail_restore(p_restore_id bigint, p_token uuid, p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.fail_restore(p_restore_id bigint, p_token uuid, p_reason text) IS 'Ends a restore as failed, with the reason.';

--
-- Name: fill_pack(bigint, text, bigint, text, bytea); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.fill_pack(p_provider_id bigint, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update lastgood.pack as k
  set state = 'COMPLETE', size_bytes = p_size_bytes, sha256 = p_sha256, contents = p_contents
  where k.provider_id = p_provider_id and k.name = p_name and k.state = 'RUNNING';
  if not found then
    raise exception 'pack "%" is not being written', p_name
      using errcode = 'LG036', hint = 'It was given up, or is complete: write another one.';
  end if;
end;
$$;

--
-- Name: FUNCTION fill_pack(p_provider_id bigint, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.fill_pack(p_provider_id bigint, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea) IS 'Makes a pack COMPLETE that was written and read back.';

--
-- Name: find_backup(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.find_backup(p_ref text) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $_$
declare
  v_backup_id bigint;
begin
  if p_ref ~ '^[0-9]{1,18}$' then
    select b.backup_id
    into v_backup_id
    from lastgood.backup as b
    where b.backup_id = p_ref::bigint;
  else
    select b.backup_id
    into v_backup_id
    from lastgood.backup as b
    where b.name = p_ref;
  end if;
  if v_backup_id is null then
    raise exception 'there is no backup "%"', p_ref
      using errcode = 'LG038', hint = 'See ids and names with: lastgood backup list';
  end if;
  return v_backup_id;
end;
$_$;

--
-- Name: FUNCTION find_backup(p_ref text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.find_backup(p_ref text) IS 'The id of a backup by its id or name; LG038 where there is none.';

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
-- Name: find_origin(uuid, text, timestamp with time zone); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.find_origin(p_origin uuid, p_name text, p_started_at timestamp with time zone) RETURNS bigint
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT b.backup_id
    FROM lastgood.backup b
   WHERE ((b.origin = find_origin.p_origin) AND (b.origin_name = find_origin.p_name) AND (b.started_at = find_origin.p_started_at))
 UNION ALL
  SELECT b.backup_id
    FROM (lastgood.installation i
      JOIN lastgood.backup b ON (((b.origin IS NULL) AND (b.name = find_origin.p_name) AND (b.started_at = find_origin.p_started_at))))
   WHERE (i.installation_id = find_origin.p_origin)
 LIMIT 1;
END;

--
-- Name: FUNCTION find_origin(p_origin uuid, p_name text, p_started_at timestamp with time zone); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.find_origin(p_origin uuid, p_name text, p_started_at timestamp with time zone) IS 'The id of a backup by where it was made, its name there and its start; null where not known.';

--
-- Name: find_provider(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.find_provider(p_name text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_provider_id bigint;
begin
  select p.provider_id
  into v_provider_id
  from lastgood.provider as p
  where p.name = p_name
  for key share;
  if not found then
    raise exception 'there is no provider "%"', p_name
      using errcode = 'LG026', hint = 'See the names with: lastgood provider list';
  end if;
  return v_provider_id;
end;
$$;

--
-- Name: FUNCTION find_provider(p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.find_provider(p_name text) IS 'The id of a provider by its name; LG026 for one that is not there.';

--
-- Name: find_room(bigint, uuid); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.find_room(p_backup_copy_id bigint, p_token uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_provider_id bigint := lastgood.own_copy(p_backup_copy_id, p_token);
  v_source      text;
  v_outgoing    bigint;
begin
  select s.name, lastgood.choose_outgoing(v_provider_id, s.name, b.backup_id)
  into v_source, v_outgoing
  from lastgood.backup_copy as c
  join lastgood.backup as b on b.backup_id = c.backup_id
  join lastgood.source as s on s.source_id = b.source_id
  where c.backup_copy_id = p_backup_copy_id;
  return jsonb_build_object('outgoing', (
    select to_jsonb(c)
    from lastgood.copy_status as c
    where c.backup_copy_id = v_outgoing
  ), 'stay', (
    select coalesce(jsonb_agg(to_jsonb(c) order by c.backup_copy_id), '[]')
    from lastgood.copy_status as c
    where c.provider_id = v_provider_id and c.state in ('COMPLETE', 'CORRUPT', 'MISSING')
      and c.backup_copy_id is distinct from v_outgoing
      and split_part(c.manifest_key, '/', 1) = v_source
  ));
end;
$$;

--
-- Name: FUNCTION find_room(p_backup_copy_id bigint, p_token uuid); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.find_room(p_backup_copy_id bigint, p_token uuid) IS 'Which copy has to make room for one that is being written, and which ones stay.';

--
-- Name: find_schedule(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.find_schedule(p_ref text) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $_$
declare
  v_ids bigint[];
begin
  if p_ref ~ '^[0-9]{1,18}$' then
    v_ids := array(
      select s.schedule_id
      from lastgood.schedule as s
      where s.schedule_id = p_ref::bigint
    );
  else
    v_ids := array(
      select s.schedule_id
      from lastgood.schedule as s
      where s.name = p_ref and s.deleted_at is null
      order by s.schedule_id
    );
  end if;
  if cardinality(v_ids) = 0 then
    raise exception 'No schedule with a name or ID of ''%'' exists.', p_ref
      using errcode = 'LG074', hint = 'See ids and names with: lastgood schedule list SOURCE';
  elsif cardinality(v_ids) > 1 then
    raise exception
        'Multiple schedule matches found for ''%'', use an ID to be more specific.', p_ref
      using errcode = 'LG075', hint = 'There are: ' || array_to_string(v_ids[1:10], ', ');
  end if;
  return v_ids[1];
end;
$_$;

--
-- Name: FUNCTION find_schedule(p_ref text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.find_schedule(p_ref text) IS 'The id of a schedule by its id or name; LG074 where there is none, LG075 where there are more.';

--
-- Name: find_source(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.find_source(p_name text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_source_id bigint;
begin
  select s.source_id
  into v_source_id
  from lastgood.source as s
  where s.name = p_name and s.deleted_at is null
  for key share;
  if not found then
    raise exception 'there is no source "%"', p_name
      using errcode = 'LG028', hint = 'See the names with: lastgood source list';
  end if;
  return v_source_id;
end;
$$;

--
-- Name: FUNCTION find_source(p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.find_source(p_name text) IS 'The id of a source by its name; LG028 for one that is not there.';

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
-- Name: finish_copy_delete(bigint, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.finish_copy_delete(p_backup_copy_id bigint, p_error text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_backup_id bigint;
begin
  select c.backup_id
  into v_backup_id
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_id;
  perform from lastgood.backup as b where b.backup_id = v_backup_id for no key update;
  update lastgood.backup_copy as c
  set state = case when p_error is null then 'DELETED' else 'DELETE_FAILED' end,
    reason = coalesce(p_error, c.reason), proof_level = 0
  from lastgood.backup as b
  where c.backup_copy_id = p_backup_copy_id and c.state in ('DELETING', 'DELETE_FAILED')
    and b.backup_id = c.backup_id and b.state <> 'RUNNING';
  if not found and not exists (
    select
    from lastgood.backup_copy as c
    where c.backup_copy_id = p_backup_copy_id and c.state = 'DELETED'
  ) then
    raise exception 'copy % is not being deleted', p_backup_copy_id
      using errcode = 'LG046', hint = 'Start with lastgood.start_delete, or claim_leftovers.';
  end if;
  if p_error is null then
    delete from lastgood.backup_copy_pack as u
    where u.backup_copy_id = p_backup_copy_id;
  end if;
  return lastgood.settle_delete(v_backup_id);
end;
$$;

--
-- Name: FUNCTION finish_copy_delete(p_backup_copy_id bigint, p_error text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.finish_copy_delete(p_backup_copy_id bigint, p_error text) IS 'Notes that the bytes of a copy are gone, or why not; returns the state of the backup.';

--
-- Name: finish_execution(bigint, uuid, text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.finish_execution(p_execution_id bigint, p_token uuid, p_error text DEFAULT NULL::text, p_code text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_execution lastgood.execution := lastgood.own_execution(p_execution_id, p_token);
begin
  if p_code = 'LG030' and v_execution.backup_id is null then
    return lastgood.end_execution(v_execution, 'SKIPPED', 'no provider');
  end if;
  return lastgood.end_execution(v_execution, 'ERROR', coalesce(p_error, (
    select b.reason
    from lastgood.backup as b
    where b.backup_id = v_execution.backup_id
  ), 'no backup was completed'));
end;
$$;

--
-- Name: FUNCTION finish_execution(p_execution_id bigint, p_token uuid, p_error text, p_code text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.finish_execution(p_execution_id bigint, p_token uuid, p_error text, p_code text) IS 'Ends an execution by what became of its backup; returns its state.';

--
-- Name: finish_sweep(bigint, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.finish_sweep(p_provider_id bigint, p_error text DEFAULT NULL::text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    BEGIN ATOMIC
 UPDATE lastgood.provider SET sweep_failures =
         CASE
             WHEN (finish_sweep.p_error IS NULL) THEN 0
             ELSE (provider.sweep_failures + 1)
         END, sweep_at =
         CASE
             WHEN (finish_sweep.p_error IS NOT NULL) THEN (clock_timestamp() + LEAST(('00:01:00'::interval * power((2)::double precision, (LEAST(provider.sweep_failures, 6))::double precision)), '01:00:00'::interval))
             ELSE NULL::timestamp with time zone
         END, sweep_error = finish_sweep.p_error
   WHERE ((provider.provider_id = finish_sweep.p_provider_id) AND ((finish_sweep.p_error IS NOT NULL) OR (provider.sweep_at IS NOT NULL)));
END;

--
-- Name: FUNCTION finish_sweep(p_provider_id bigint, p_error text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.finish_sweep(p_provider_id bigint, p_error text) IS 'Notes that what was left at a provider is gone, or why not, and when that is tried again.';

--
-- Name: follow_verification(bigint, text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.follow_verification(p_backup_copy_id bigint, p_old_state text, p_fqdn text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_state   text;
  v_message text;
  v_scope   text;
begin
  select
    c.state, s.scope,
    format(
      'The copy of backup "%s" (%s) at provider "%s" %s%s.', b.name, b.backup_id, p.name,
      case c.state when 'CORRUPT' then 'is corrupt' when 'MISSING' then 'is missing'
        else 'is good again' end,
      ': ' || c.reason
    )
  into v_state, v_scope, v_message
  from lastgood.backup_copy as c
  join lastgood.provider as p on p.provider_id = c.provider_id
  join lastgood.backup as b on b.backup_id = c.backup_id
  join lastgood.source as s on s.source_id = b.source_id
  where c.backup_copy_id = p_backup_copy_id;
  if v_state <> p_old_state then
    perform lastgood.add_audit_event(
      case v_state when 'CORRUPT' then 9125 when 'MISSING' then 9126 else 9127 end,
      v_message, p_fqdn, v_scope
    );
    perform lastgood.suspect_packs(p_backup_copy_id);
  end if;
  perform lastgood.settle_live_alerts(array[p_fqdn]);
end;
$$;

--
-- Name: FUNCTION follow_verification(p_backup_copy_id bigint, p_old_state text, p_fqdn text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.follow_verification(p_backup_copy_id bigint, p_old_state text, p_fqdn text) IS 'Tells that a copy turned bad or good again, and settles the alerts of its system.';

--
-- Name: forget_pack(bigint, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.forget_pack(p_provider_id bigint, p_name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  delete from lastgood.pack as k
  where k.provider_id = p_provider_id and k.name = p_name and k.state = 'DELETING'
    and k.size_bytes is not null;
  update lastgood.pack as k
  set forgotten_at = coalesce(k.forgotten_at, clock_timestamp())
  where k.provider_id = p_provider_id and k.name = p_name and k.state = 'DELETING';
  if not found and exists (
    select
    from lastgood.pack as k
    where k.provider_id = p_provider_id and k.name = p_name
  ) then
    raise exception 'pack "%" was not claimed', p_name
      using errcode = 'LG036', hint = 'Remove only what lastgood.claim_leftovers returns.';
  end if;
end;
$$;

--
-- Name: FUNCTION forget_pack(p_provider_id bigint, p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.forget_pack(p_provider_id bigint, p_name text) IS 'Forgets a claimed pack whose object is gone.';

--
-- Name: forget_provider(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.forget_provider(p_provider_id bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update lastgood.restore as r
  set backup_copy_id = null
  from lastgood.backup_copy as c
  where c.backup_copy_id = r.backup_copy_id and c.provider_id = p_provider_id;
  delete from lastgood.backup_copy_pack as u
  using lastgood.pack as k
  where k.pack_id = u.pack_id and k.provider_id = p_provider_id;
  delete from lastgood.pack as k
  where k.provider_id = p_provider_id;
  delete from lastgood.backup_copy as c
  where c.provider_id = p_provider_id;
  delete from lastgood.provider as p
  where p.provider_id = p_provider_id;
end;
$$;

--
-- Name: FUNCTION forget_provider(p_provider_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.forget_provider(p_provider_id bigint) IS 'Removes the row of a provider with those of its copies and packs.';

--
-- Name: forget_unreadable(bigint, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.forget_unreadable(p_provider_id bigint, p_keys text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  perform lastgood.lock_provider(p_provider_id);
  update lastgood.provider as p
  set unreadable = array(
    select u.key
    from unnest(p.unreadable) as u(key)
    where u.key <> all (p_keys)
    order by u.key
  )
  where p.provider_id = p_provider_id and p.unreadable && p_keys;
  update lastgood.pack as k
  set is_held = false
  where k.provider_id = p_provider_id and k.is_held and exists (
    select
    from lastgood.provider as p
    where p.provider_id = p_provider_id and p.unreadable = '{}'
  );
end;
$$;

--
-- Name: FUNCTION forget_unreadable(p_provider_id bigint, p_keys text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.forget_unreadable(p_provider_id bigint, p_keys text[]) IS 'Notes that manifests which could not be read are at a provider no more.';

--
-- Name: found_copies(jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.found_copies(p_found jsonb) RETURNS TABLE(backup_id bigint, source_id bigint, origin uuid, name text, type text, parent text, started_at timestamp with time zone, ended_at timestamp with time zone, size_bytes bigint, entries bigint, missing bigint, groups text[], layout text, recipients text[], group_name text, manifest_key text, manifest_sha256 text, manifest_size bigint, state text, reason text, packs jsonb)
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT lastgood.find_origin(f.origin, f.name, f.started_at) AS find_origin,
     f.source_id,
     f.origin,
     f.name,
     f.type,
     f.parent,
     f.started_at,
     LEAST(COALESCE(f.ended_at, f.started_at), clock_timestamp()) AS "least",
     f.size_bytes,
     f.entries,
     f.missing,
     COALESCE(f.groups, '{}'::text[]) AS "coalesce",
     f.layout,
     f.recipients,
     f.group_name,
     f.manifest_key,
     f.manifest_sha256,
     f.manifest_size,
     f.state,
     f.reason,
     f.packs
    FROM jsonb_to_recordset(found_copies.p_found) f(source_id bigint, origin uuid, name text, type text, parent text, started_at timestamp with time zone, ended_at timestamp with time zone, size_bytes bigint, entries bigint, missing bigint, groups text[], layout text, recipients text[], group_name text, manifest_key text, manifest_sha256 text, manifest_size bigint, state text, reason text, packs jsonb);
END;

--
-- Name: FUNCTION found_copies(p_found jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.found_copies(p_found jsonb) IS 'Copies that were found at a place, as rows; each with its backup where that is known.';

--
-- Name: free_backup_name(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.free_backup_name(p_base text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_name   text    := p_base;
  v_number integer := 1;
  v_taken  integer := 0;
  v_free   integer;
begin
  perform lastgood.check_name(p_base, 127);
  -- A thousand may be taken: it leaps to one that is free, and halves the way back to the first.
  loop
    if not pg_try_advisory_xact_lock('lastgood.backup'::regclass::integer, hashtext(v_name)) then
      v_taken := v_number;
    -- A statement of its own sees what was written before the lock could be had.
    elsif lastgood.is_backup_name_taken(v_name) then
      v_taken := v_number;
    else
      v_free := v_number;
    end if;
    exit when v_free = v_taken + 1;
    v_number := coalesce((v_taken + v_free) / 2, v_taken * 2);
    v_name := p_base || coalesce('-' || nullif(v_number, 1), '');
  end loop;
  return p_base || coalesce('-' || nullif(v_free, 1), '');
end;
$$;

--
-- Name: FUNCTION free_backup_name(p_base text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.free_backup_name(p_base text) IS 'A name for a backup that no other has: as given, or with a number after it.';

--
-- Name: free_source_name(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.free_source_name(p_name text) RETURNS text
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT r.name
    FROM (generate_series(1, 1000) n(number)
      CROSS JOIN LATERAL ( SELECT
                 CASE n.number
                     WHEN 1 THEN free_source_name.p_name
                     ELSE (("left"(free_source_name.p_name, 58) || '-'::text) || n.number)
                 END AS name) r)
   WHERE (NOT (EXISTS ( SELECT
            FROM lastgood.source s
           WHERE ((s.name = r.name) AND (s.deleted_at IS NULL)))))
   ORDER BY n.number
  LIMIT 1;
END;

--
-- Name: FUNCTION free_source_name(p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.free_source_name(p_name text) IS 'A name that no live source has: the given one, or that with a number.';

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
-- Name: full_chain(bigint, integer); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.full_chain(p_backup_id bigint, p_max_chain integer DEFAULT NULL::integer) RETURNS integer
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_length integer := lastgood.chain_length(p_backup_id);
begin
  return case when v_length >= coalesce(
    p_max_chain, lastgood.get_config_value('BackupMaxChainLength')::integer
  ) then v_length end;
end;
$$;

--
-- Name: FUNCTION full_chain(p_backup_id bigint, p_max_chain integer); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.full_chain(p_backup_id bigint, p_max_chain integer) IS 'How many backups a chain has that may have no more; null where there is room.';

--
-- Name: full_providers(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.full_providers() RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_default text[];
begin
  if not exists (select from lastgood.provider as p where p.max_running is not null) then
    return null;
  end if;
  v_default := lastgood.default_providers();
  return (
    select array_agg(p.name)
    from lastgood.provider as p
    where p.max_running <= (
      select count(*)
      from lastgood.execution as e
      join lastgood.schedule as s on s.schedule_id = e.schedule_id
      where e.state = 'RUNNING' and p.name = any (coalesce(nullif(s.providers, '{}'), v_default))
    )
  );
end;
$$;

--
-- Name: FUNCTION full_providers(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.full_providers() IS 'Providers at which as many executions run as may.';

--
-- Name: gap_end(timestamp without time zone, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.gap_end(p_local timestamp without time zone, p_tz text) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_before timestamptz := (p_local - interval '2 days') at time zone 'UTC';
  v_after  timestamptz := (p_local + interval '2 days') at time zone 'UTC';
  v_middle timestamptz;
begin
  while v_after - v_before > interval '1 second' loop
    v_middle := date_trunc('second', v_before + (v_after - v_before) / 2);
    if v_middle at time zone p_tz > p_local then
      v_after := v_middle;
    else
      v_before := v_middle;
    end if;
  end loop;
  return v_after;
end;
$$;

--
-- Name: FUNCTION gap_end(p_local timestamp without time zone, p_tz text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.gap_end(p_local timestamp without time zone, p_tz text) IS 'The first moment after a time of day that is skipped when clocks are set forward.';

--
-- Name: local_instants(timestamp without time zone, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.local_instants(p_local timestamp without time zone, p_tz text) RETURNS timestamp with time zone[]
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT ARRAY( SELECT DISTINCT t.instant
            FROM (unnest(ARRAY['-1'::integer, 1]) side(days)
              CROSS JOIN LATERAL ( SELECT ((local_instants.p_local - lastgood.ahead_of_utc((local_instants.p_local + make_interval(days => side.days)), local_instants.p_tz)) AT TIME ZONE 'UTC'::text) AS timezone) t(instant))
           WHERE ((t.instant AT TIME ZONE local_instants.p_tz) = local_instants.p_local)
           ORDER BY t.instant) AS "array";
END;

--
-- Name: FUNCTION local_instants(p_local timestamp without time zone, p_tz text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.local_instants(p_local timestamp without time zone, p_tz text) IS 'The moments at which a clock in a time zone shows a time: none, one or two.';

--
-- Name: next_run(text, text, timestamp with time zone); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.next_run(p_pattern text, p_tz text DEFAULT 'UTC'::text, p_after timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  -- From one 29th of February to the next it may take eight.
  c_years constant integer := 9;
  v_cron       record := lastgood.parse_cron(p_pattern);
  v_after      timestamptz := coalesce(p_after, lastgood.clock());
  v_date       date;
  v_last       date;
  v_is_day     boolean;
  v_is_weekday boolean;
  v_best       timestamptz;
begin
  if not isfinite(v_after) then
    return null;
  end if;
  -- Clocks may be set back over midnight.
  v_date := (v_after at time zone p_tz)::date - 1;
  v_last := v_date + c_years * 366;
  while v_date < v_last loop
    if extract(month from v_date)::integer <> all (v_cron.months) then
      v_date := date_trunc('month', v_date + interval '1 month')::date;
      continue;
    end if;
    v_is_day := extract(day from v_date)::integer = any (v_cron.days);
    v_is_weekday := extract(dow from v_date)::integer = any (v_cron.weekdays);
    if v_is_day and v_is_weekday
      or v_cron.picks_days and v_cron.picks_weekdays and (v_is_day or v_is_weekday)
    then
      v_best := least(v_best, lastgood.next_run_on(
        v_date, v_cron.hours, v_cron.minutes, v_cron.is_elapsing, p_tz, v_after
      ));
    end if;
    -- The first hours of a date may come before the last ones of the date before.
    if v_best is not null then
      v_last := least(v_last, v_date + case when v_cron.is_elapsing then 2 else 1 end);
    end if;
    v_date := v_date + 1;
  end loop;
  return v_best;
exception
  when invalid_parameter_value then
    raise exception 'there is no time zone "%"', p_tz
      using errcode = 'LG070',
        hint = 'Use a name of pg_timezone_names, such as Europe/Oslo or UTC.';
end;
$$;

--
-- Name: FUNCTION next_run(p_pattern text, p_tz text, p_after timestamp with time zone); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.next_run(p_pattern text, p_tz text, p_after timestamp with time zone) IS 'When a cron pattern matches next in a time zone, strictly after a moment; null for never.';

--
-- Name: parse_cron(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.parse_cron(p_pattern text, OUT minutes integer[], OUT hours integer[], OUT days integer[], OUT months integer[], OUT weekdays integer[], OUT picks_days boolean, OUT picks_weekdays boolean, OUT is_elapsing boolean) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_fields text[] := regexp_split_to_array(btrim(p_pattern), '\s+');
begin
  if cardinality(v_fields) is distinct from 5 then
    raise exception 'a pattern has five fields, not "%"', p_pattern
      using errcode = 'LG070',
        hint = 'They are minute, hour, day of month, month and day of week: 30 2 * * *';
  end if;
  minutes := lastgood.cron_field(v_fields[1], 'minute', 0, 59);
  hours := lastgood.cron_field(v_fields[2], 'hour', 0, 23);
  days := lastgood.cron_field(v_fields[3], 'day of month', 1, 31);
  months := lastgood.cron_field(
    v_fields[4], 'month', 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}'
  );
  weekdays := lastgood.cron_field(
    v_fields[5], 'day of week', 0, 7, '{sun,mon,tue,wed,thu,fri,sat}'
  );
  if 7 = any (weekdays) then
    weekdays := weekdays || 0;
  end if;
  picks_days := v_fields[3] not like '*%';
  picks_weekdays := v_fields[5] not like '*%';
  is_elapsing := v_fields[2] like '*%';
end;
$$;

--
-- Name: FUNCTION parse_cron(p_pattern text, OUT minutes integer[], OUT hours integer[], OUT days integer[], OUT months integer[], OUT weekdays integer[], OUT picks_days boolean, OUT picks_weekdays boolean, OUT is_elapsing boolean); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.parse_cron(p_pattern text, OUT minutes integer[], OUT hours integer[], OUT days integer[], OUT months integer[], OUT weekdays integer[], OUT picks_days boolean, OUT picks_weekdays boolean, OUT is_elapsing boolean) IS 'A cron pattern as lists of what its five fields allow.';

--
-- Name: gap_warnings(text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.gap_warnings(p_pattern text, p_tz text) RETURNS SETOF text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT format('%s is skipped in %s on %s, when clocks are set forward: it %s'::text, to_char(skipped.local, 'HH24:MI'::text), gap_warnings.p_tz, (skipped.local)::date,
         CASE
             WHEN skipped.is_elapsing THEN 'does not run then'::text
             ELSE ('runs at '::text || to_char((lastgood.gap_end(skipped.local, gap_warnings.p_tz) AT TIME ZONE gap_warnings.p_tz), 'HH24:MI'::text))
         END) AS format
    FROM ( SELECT wall.local,
             c.is_elapsing
            FROM (((((lastgood.parse_cron(gap_warnings.p_pattern) c(minutes, hours, days, months, weekdays, picks_days, picks_weekdays, is_elapsing)
              CROSS JOIN generate_series(0, 731) day(number))
              CROSS JOIN LATERAL ( SELECT (((lastgood.clock() AT TIME ZONE gap_warnings.p_tz))::date + day.number) AS date) d)
              CROSS JOIN LATERAL unnest(c.hours) h(hour))
              CROSS JOIN LATERAL unnest(c.minutes) m(minute))
              CROSS JOIN LATERAL ( SELECT (d.date + make_interval(hours => h.hour, mins => m.minute)) AS local) wall)
           WHERE ((NOT (c.is_elapsing AND (cardinality(c.hours) = 24))) AND (lastgood.ahead_of_utc((d.date - '1 day'::interval), gap_warnings.p_tz) < lastgood.ahead_of_utc((d.date + '2 days'::interval), gap_warnings.p_tz)) AND (cardinality(lastgood.local_instants(wall.local, gap_warnings.p_tz)) = 0) AND (lastgood.next_run(gap_warnings.p_pattern, 'UTC'::text, ((wall.local - '00:00:01'::interval) AT TIME ZONE 'UTC'::text)) = (wall.local AT TIME ZONE 'UTC'::text)))
           ORDER BY wall.local
          LIMIT 1) skipped;
END;

--
-- Name: FUNCTION gap_warnings(p_pattern text, p_tz text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.gap_warnings(p_pattern text, p_tz text) IS 'The next time of a cron pattern that the clocks of a zone skip, and what becomes of it.';

--
-- Name: general_alert_messages(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.general_alert_messages() RETURNS TABLE(log_type_name text, message text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return query
  select
    'ENGINE_NO_FULL_BACKUP' as log_type_name,
    'There is no full backup available: no system has ever reported one.'
      ' Data is at risk: please run engine-backup, or your own backup tool with a report to'
      ' lastgood, to prevent data loss in case of corruption.' as message
  from lastgood.setting
  where setting.check_period is not null
    and not exists (select from lastgood.system as s where s.retired_at is null)
  union all
  select
    'LASTGOOD_TOO_MANY_SYSTEMS' as log_type_name,
    format(
      'Reports came from %s systems that are not watched, because BackupAutoRegisterLimit is %s;'
        ' their data may be at risk. Raise it, or add them: lastgood system add FQDN.',
      c.unwatched, lastgood.get_config_value('BackupAutoRegisterLimit')
    ) as message
  from lastgood.check_summary as c
  where c.is_checked and c.unwatched > 0
    and lastgood.get_config_value('BackupAutoRegister') = 'true'
    and lastgood.get_config_value('BackupAutoRegisterLimit')::integer <= (
      select count(*)
      from lastgood.system as s
      where s.is_self_registered and s.retired_at is null
    );
end;
$$;

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
    'active_alert', 'audit_log', 'backup_config', 'backup_item', 'backup_status',
    'backup_summary', 'check_summary', 'code_layer', 'copy_status', 'engine_backup_log',
    'event_type', 'execution', 'execution_count', 'execution_status', 'installation', 'last_check',
    'provider_status', 'provider_type', 'queue_status', 'restore_status', 'schedule_status',
    'source_status', 'source_type', 'system', 'system_status'
  ];
  c_reading   constant text[] := array[
    'clock', 'get_config_value', 'get_last_successful_engine_backup', 'next_run', 'preview_runs',
    'schedule_warnings', 'judge_schedules', 'find_schedule', 'list_executions', 'retention_plan',
    'quota_warnings'
  ];
  c_functions constant jsonb := jsonb_build_object(
    'reporter', array['record_event'],
    'reader', c_reading,
    'operator', c_reading || array[
      'set_config_value', 'merge_config_value', 'reset_config_value',
      'add_system', 'set_required_scopes', 'set_alert_after',
      'set_reporters', 'retire_system', 'reinstate_system', 'dismiss_alert',
      'check_backup_freshness', 'prune_events', 'freshness_check_rule',
      'add_provider', 'delete_provider', 'add_source', 'delete_source', 'set_source_settings',
      'set_source_limits', 'set_provider_limits',
      'attach_provider', 'attach_source', 'attach_backups', 'complete_attach', 'detach_provider',
      'learn_body',
      'find_backup', 'start_backup', 'renew_backup_lease', 'begin_copy', 'begin_pack',
      'complete_pack', 'use_packs', 'find_room', 'make_room', 'seal_copy', 'fail_copy',
      'add_items', 'seal_backup', 'fail_backup',
      'reap_backups', 'record_verification', 'hold_backup', 'release_backup', 'start_delete',
      'finish_copy_delete', 'claim_leftovers', 'claim_sweep', 'finish_sweep', 'forget_pack',
      'forget_unreadable', 'repack_candidates', 'stale_manifests', 'stray_backups', 'adopt_pack',
      'complete_adopted_pack', 'replace_manifest',
      'start_restore', 'next_restore_copy', 'renew_restore_lease', 'complete_restore',
      'fail_restore', 'add_schedule', 'set_schedule', 'delete_schedule', 'run_schedule',
      'plan_slots', 'claim_execution', 'start_execution_backup', 'renew_execution_lease',
      'finish_execution', 'hand_over_execution', 'cancel_execution', 'delete_execution',
      'reap_executions', 'expire_backups', 'schedules_to_expire'
    ]
  );
begin
  return next format('grant usage on schema lastgood to %I', p_role);
  if p_reach = 'reporter' then
    return next format('grant usage on schema lastgood_report to %I', p_role);
  else
    return query
    select format('grant select on lastgood.%I to %I', r.name, p_role)
    from unnest(c_relations || case p_reach when 'operator' then 'usable_pack' end) as r(name)
    where r.name is not null;
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
-- Name: hand_over_execution(bigint, uuid); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.hand_over_execution(p_execution_id bigint, p_token uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  c_reason constant text := 'handed over to another worker';
  v_execution lastgood.execution := lastgood.own_execution(p_execution_id, p_token);
begin
  if lastgood.stop_backup(v_execution.backup_id, c_reason) in ('COMPLETE', 'PARTIAL') then
    return lastgood.end_execution(v_execution, 'ERROR', c_reason);
  end if;
  -- A deleted schedule, or one that is being deleted, begins nothing anew.
  perform
  from lastgood.schedule as s
  where s.schedule_id = v_execution.schedule_id and s.deleted_at is null
  for share;
  if not found then
    return lastgood.end_execution(v_execution, 'CANCELLED', 'the schedule was deleted');
  end if;
  update lastgood.execution as e
  set state = 'QUEUED', reason = c_reason, lease = null, lease_until = null, token = null
  where e.execution_id = p_execution_id;
  return 'QUEUED';
end;
$$;

--
-- Name: FUNCTION hand_over_execution(p_execution_id bigint, p_token uuid); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.hand_over_execution(p_execution_id bigint, p_token uuid) IS 'Gives an execution back for another worker, which begins it anew; returns its state.';

--
-- Name: hold_backup(bigint, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.hold_backup(p_backup_id bigint, p_reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_backup_id bigint := lastgood.find_backup(p_backup_id::text);
begin
  update lastgood.backup as b
  set held_at = coalesce(b.held_at, clock_timestamp()), held_by = session_user,
    hold_reason = p_reason
  where b.backup_id = v_backup_id and b.state in ('RUNNING', 'COMPLETE', 'PARTIAL');
  if not found then
    raise exception 'backup % cannot be held', p_backup_id
      using errcode = 'LG045', hint = 'It failed, or is deleted.';
  end if;
  perform lastgood.tell_of_backup(9121, v_backup_id, session_user, 'holds', p_reason);
end;
$$;

--
-- Name: FUNCTION hold_backup(p_backup_id bigint, p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.hold_backup(p_backup_id bigint, p_reason text) IS 'Keeps a backup from being deleted until it is released.';

--
-- Name: missing_text(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.missing_text(p_missing bigint) RETURNS text
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN (p_missing IS NULL) THEN 'its manifest does not say whether all could be read'::text
             WHEN (p_missing > 0) THEN format('%s could not be read'::text, p_missing)
             ELSE NULL::text
         END AS "case";
END;

--
-- Name: FUNCTION missing_text(p_missing bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.missing_text(p_missing bigint) IS 'The reason of an attached backup by how much could not be read; null for nothing.';

--
-- Name: insert_attached(jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.insert_attached(p_found jsonb) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO lastgood.backup (name, source_id, type, state, started_at, ended_at, size_bytes, entries, reason, groups, origin, origin_name, attached_at, items_known, token)  SELECT free.name,
             f.source_id,
             f.type,
                 CASE f.missing
                     WHEN 0 THEN 'COMPLETE'::text
                     ELSE 'PARTIAL'::text
                 END AS "case",
             f.started_at,
             f.ended_at,
             f.size_bytes,
             f.entries,
             lastgood.missing_text(f.missing) AS missing_text,
             f.groups,
             f.origin,
             f.name,
             clock_timestamp() AS clock_timestamp,
             false AS items_known,
             NULL::uuid AS uuid
            FROM (lastgood.found_copies(insert_attached.p_found) f(backup_id, source_id, origin, name, type, parent, started_at, ended_at, size_bytes, entries, missing, groups, layout, recipients, group_name, manifest_key, manifest_sha256, manifest_size, state, reason, packs)
              CROSS JOIN LATERAL ( SELECT
                         CASE
                             WHEN (NOT (EXISTS ( SELECT
                                FROM lastgood.backup b
                               WHERE (b.name = f.name)))) THEN f.name
                             ELSE ( SELECT r.name
                                FROM (generate_series(2, 1000) n(number)
                                  CROSS JOIN LATERAL ( SELECT (("left"(f.name, 122) || '-'::text) || n.number) AS name) r)
                               WHERE ((NOT (EXISTS ( SELECT
                                        FROM lastgood.backup b
                                       WHERE (b.name = r.name)))) AND (NOT (EXISTS ( SELECT
                                        FROM jsonb_to_recordset(insert_attached.p_found) o(name text)
                                       WHERE (o.name = r.name)))))
                               ORDER BY n.number
                              LIMIT 1)
                         END AS name) free)
           WHERE (f.backup_id IS NULL)
           ORDER BY f.started_at, f.name;
END;

--
-- Name: FUNCTION insert_attached(p_found jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.insert_attached(p_found jsonb) IS 'Makes the rows of backups that were found at a place and are not known here.';

--
-- Name: insert_items(bigint, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.insert_items(p_backup_id bigint, p_items jsonb) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_count bigint;
begin
  insert into lastgood.backup_item (backup_id, kind, name, parent_name, size_bytes, details)
  select
    p_backup_id, i.kind, i.name, i.parent, i."sizeBytes", coalesce(i.details, '{}')
  from jsonb_to_recordset(p_items)
    as i(kind text, name text, parent text, "sizeBytes" bigint, details jsonb)
  on conflict (backup_id, kind, name) do nothing;
  get diagnostics v_count = row_count;
  return v_count;
exception
  when check_violation or not_null_violation then
    raise exception 'there is an item that cannot be: %', sqlerrm
      using errcode = 'LG052', hint = 'Items have a kind of lastgood.backup_item, and a name.';
end;
$$;

--
-- Name: FUNCTION insert_items(p_backup_id bigint, p_items jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.insert_items(p_backup_id bigint, p_items jsonb) IS 'Adds items of a backup; returns how many are new.';

--
-- Name: is_backup_name_taken(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.is_backup_name_taken(p_name text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return exists (select from lastgood.backup as b where b.name = p_name) or exists (
    select
    from lastgood.provider as p
    cross join lateral unnest(p.unreadable) as u(key)
    where u.key = format('manifests/%s.manifest', p_name)
      or starts_with(u.key, format('manifests/repacked/%s/', p_name))
  );
end;
$$;

--
-- Name: FUNCTION is_backup_name_taken(p_name text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.is_backup_name_taken(p_name text) IS 'Whether a backup, or a manifest that could not be read, has this name.';

--
-- Name: is_server_trouble(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.is_server_trouble(p_sqlstate text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT (("left"(p_sqlstate, 2) = ANY (ARRAY['25'::text, '40'::text, '42'::text, '53'::text, '55'::text, '57'::text, '58'::text])) OR (p_sqlstate = 'XX000'::text));
END;

--
-- Name: FUNCTION is_server_trouble(p_sqlstate text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.is_server_trouble(p_sqlstate text) IS 'Whether an error is about the server, and not about what was worked on.';

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
-- Name: learn_body(bigint, jsonb, jsonb, text[], jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.learn_body(p_backup_id bigint, p_items jsonb, p_missing jsonb, p_not_collected text[], p_versions jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_backup_id bigint := lastgood.find_backup(p_backup_id::text);
begin
  -- Of two who read it at once, the second finds it known.
  update lastgood.backup as b
  set items_known = true,
    -- A copy of another group may have said what that lacks.
    missing = (
      select coalesce(jsonb_agg(distinct m.one), '[]')
      from jsonb_array_elements(b.missing || coalesce(p_missing, '[]')) as m(one)
    ),
    not_collected = coalesce(p_not_collected, '{}'), versions = coalesce(p_versions, '{}')
  where b.backup_id = v_backup_id and not b.items_known;
  if found then
    perform lastgood.insert_items(v_backup_id, p_items);
  end if;
end;
$$;

--
-- Name: FUNCTION learn_body(p_backup_id bigint, p_items jsonb, p_missing jsonb, p_not_collected text[], p_versions jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.learn_body(p_backup_id bigint, p_items jsonb, p_missing jsonb, p_not_collected text[], p_versions jsonb) IS 'Notes what the manifest of an attached backup says of its items and of what it lacks.';

--
-- Name: lease_end(interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.lease_end(p_lease interval) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if p_lease is null or p_lease <= interval '0' or p_lease > interval '1 day' then
    raise exception 'a lease cannot last "%"', coalesce(p_lease::text, 'null')
      using errcode = 'LG034', hint = 'Give an interval of up to a day, such as 60 seconds.';
  end if;
  return clock_timestamp() + p_lease;
end;
$$;

--
-- Name: FUNCTION lease_end(p_lease interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.lease_end(p_lease interval) IS 'When a lease that is taken now runs out; LG034 where it is not positive, or longer than a day.';

--
-- Name: limits_text(jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.limits_text(p_limits jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT COALESCE(string_agg(((l.key || ' = '::text) || COALESCE((l.value #>> '{}'::text[]), 'none'::text)), ', '::text ORDER BY l.key), 'none'::text) AS "coalesce"
    FROM jsonb_each(limits_text.p_limits) l(key, value);
END;

--
-- Name: FUNCTION limits_text(p_limits jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.limits_text(p_limits jsonb) IS 'Limits of a source or a provider for people.';

--
-- Name: page_size(integer); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.page_size(p_limit integer) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if p_limit < 1 then
    raise exception 'a page cannot hold % executions', p_limit
      using errcode = 'LG079', hint = 'Give a limit of 1 or more, or none.';
  end if;
  return p_limit;
end;
$$;

--
-- Name: FUNCTION page_size(p_limit integer); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.page_size(p_limit integer) IS 'How many rows a page holds; LG079 where it would hold none.';

--
-- Name: page_start(bigint, bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.page_start(p_schedule_id bigint, p_marker bigint) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_start timestamptz := timestamptz 'infinity';
begin
  perform lastgood.find_schedule(coalesce(p_schedule_id::text, ''));
  if p_marker is not null then
    select f.listed_at
    into v_start
    from (
      select coalesce(e.slot_at, e.queued_at) as listed_at
      from lastgood.execution as e
      where e.execution_id = p_marker and e.schedule_id = p_schedule_id
      union all
      select d.listed_at
      from lastgood.deleted_execution as d
      where d.schedule_id = p_schedule_id and d.execution_id = p_marker
    ) as f;
    if not found then
      raise exception 'the schedule has no execution %', p_marker
        using errcode = 'LG077', hint = 'Give the last id of the page before.';
    end if;
  end if;
  return v_start;
end;
$$;

--
-- Name: FUNCTION page_start(p_schedule_id bigint, p_marker bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.page_start(p_schedule_id bigint, p_marker bigint) IS 'The time at which a page of executions begins.';

--
-- Name: execution_status; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.execution_status AS
 SELECT e.execution_id,
    e.schedule_id,
    c.name AS schedule,
    s.name AS source,
    y.fqdn,
    s.scope,
    e.slot_at,
    COALESCE(e.slot_at, e.queued_at) AS listed_at,
    e.queued_at,
    e.not_before,
    e.started_at,
    e.finished_at,
    e.state,
    e.reason,
    e.attempt,
    e.is_late,
    e.worker,
    e.host,
    e.lease_until AS running_until,
    (e.started_at + c.timeout) AS timeout_at,
    e.backup_id,
    b.name AS backup,
    b.state AS backup_state,
    e.output,
    e.requested_by
   FROM ((((lastgood.execution e
     JOIN lastgood.schedule c ON ((c.schedule_id = e.schedule_id)))
     JOIN lastgood.source s ON ((s.source_id = c.source_id)))
     JOIN lastgood.system y ON ((y.system_id = s.system_id)))
     LEFT JOIN lastgood.backup b ON ((b.backup_id = e.backup_id)));

--
-- Name: VIEW execution_status; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.execution_status IS 'Every execution with its schedule, source and backup.';

--
-- Name: list_executions(bigint, bigint, integer); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.list_executions(p_schedule_id bigint, p_marker bigint DEFAULT NULL::bigint, p_limit integer DEFAULT NULL::integer) RETURNS SETOF lastgood.execution_status
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    BEGIN ATOMIC
 SELECT e.*::lastgood.execution_status AS e
    FROM lastgood.execution_status e
   WHERE ((e.schedule_id = list_executions.p_schedule_id) AND (ROW(e.listed_at, e.execution_id) < ROW(lastgood.page_start(list_executions.p_schedule_id, list_executions.p_marker), COALESCE(list_executions.p_marker, (0)::bigint))))
   ORDER BY e.listed_at DESC, e.execution_id DESC
  LIMIT lastgood.page_size(list_executions.p_limit);
END;

--
-- Name: FUNCTION list_executions(p_schedule_id bigint, p_marker bigint, p_limit integer); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.list_executions(p_schedule_id bigint, p_marker bigint, p_limit integer) IS 'Executions of a schedule, newest first, a page at a time.';

--
-- Name: lock_execution(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.lock_execution(p_execution_id bigint) RETURNS lastgood.execution
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_found record;
begin
  select e as execution
  into v_found
  from lastgood.execution as e
  where e.execution_id = p_execution_id
  for no key update;
  if not found then
    raise exception 'there is no execution %', coalesce(p_execution_id::text, 'null')
      using errcode = 'LG077', hint = 'See the ids with: lastgood execution list SCHEDULE';
  end if;
  return v_found.execution;
end;
$$;

--
-- Name: FUNCTION lock_execution(p_execution_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.lock_execution(p_execution_id bigint) IS 'An execution, locked until the transaction ends; LG077 where there is none.';

--
-- Name: lock_provider(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.lock_provider(p_provider_id bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform lastgood.require_read_committed();
  perform pg_advisory_xact_lock('lastgood.provider'::regclass::integer, p_provider_id::integer);
end;
$$;

--
-- Name: FUNCTION lock_provider(p_provider_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.lock_provider(p_provider_id bigint) IS 'Takes the lock under which it is decided what of a provider is still needed.';

--
-- Name: lock_schedule(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.lock_schedule(p_schedule_id bigint) RETURNS lastgood.schedule
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_schedule lastgood.schedule;
begin
  perform lastgood.require_read_committed();
  perform
  from lastgood.schedule as s
  where s.schedule_id = p_schedule_id and s.deleted_at is null
  for no key update;
  if not found then
    raise exception 'there is no schedule %', coalesce(p_schedule_id::text, 'null')
      using errcode = 'LG074', hint = 'See ids and names with: lastgood schedule list SOURCE';
  end if;
  v_schedule := (
    select s
    from lastgood.schedule as s
    where s.schedule_id = p_schedule_id
  );
  return v_schedule;
end;
$$;

--
-- Name: FUNCTION lock_schedule(p_schedule_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.lock_schedule(p_schedule_id bigint) IS 'A living schedule, locked until the transaction ends; LG074 where there is none.';

--
-- Name: lock_source_of(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.lock_source_of(p_backup_id bigint) RETURNS text
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT y.fqdn
    FROM ((lastgood.backup b
      JOIN lastgood.source s ON ((s.source_id = b.source_id)))
      JOIN lastgood.system y ON ((y.system_id = s.system_id)))
   WHERE (b.backup_id = lock_source_of.p_backup_id)
  FOR NO KEY UPDATE OF s;
END;

--
-- Name: FUNCTION lock_source_of(p_backup_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.lock_source_of(p_backup_id bigint) IS 'Serialises decisions about the backups of one source; returns its system.';

--
-- Name: lost_entries(bigint, bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.lost_entries(p_backup_id bigint, p_entries bigint) RETURNS jsonb
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT COALESCE(jsonb_agg(jsonb_build_object('path', format('%s of %s entries'::text, (before.entries - lost_entries.p_entries), before.entries), 'reason', format('backup "%s" has them; if they are gone for good: lastgood source set %s --set allow_shrink=true, until a backup is COMPLETE'::text, before.name, s.name))), '[]'::jsonb) AS "coalesce"
    FROM ((lastgood.backup b
      JOIN lastgood.source s ON ((s.source_id = b.source_id)))
      CROSS JOIN LATERAL ( SELECT o.name,
             o.entries
            FROM lastgood.backup o
           WHERE ((o.source_id = s.source_id) AND (o.state = 'COMPLETE'::text))
           ORDER BY o.ended_at DESC, o.backup_id DESC
          LIMIT 1) before)
   WHERE ((b.backup_id = lost_entries.p_backup_id) AND ((s.type = 'ovf'::text) OR ((s.type = 'files'::text) AND (b.type = 'incremental'::text))) AND (COALESCE((s.settings ->> 'allow_shrink'::text), 'false'::text) <> 'true'::text) AND (before.entries >= 10) AND ((lost_entries.p_entries)::numeric < ((before.entries)::numeric / 2.0)));
END;

--
-- Name: FUNCTION lost_entries(p_backup_id bigint, p_entries bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.lost_entries(p_backup_id bigint, p_entries bigint) IS 'What a source seems to have lost since its newest complete backup, as missing.';

--
-- Name: make_room(bigint, uuid); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.make_room(p_backup_copy_id bigint, p_token uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_new      record;
  v_outgoing bigint;
  v_locked   bigint;
  v_old_id   bigint;
  v_fqdn     text;
begin
  select b.backup_id, b.name, s.name as source, p.provider_id, p.name as provider
  into v_new
  from lastgood.backup_copy as c
  join lastgood.backup as b on b.backup_id = c.backup_id
  join lastgood.source as s on s.source_id = b.source_id
  join lastgood.provider as p on p.provider_id = c.provider_id
  where c.backup_copy_id = p_backup_copy_id;
  perform lastgood.lock_source_of(v_new.backup_id);
  perform lastgood.own_copy(p_backup_copy_id, p_token);
  loop
    v_outgoing := lastgood.choose_outgoing(v_new.provider_id, v_new.source, v_new.backup_id);
    exit when v_outgoing is not distinct from v_locked;
    -- Waits for a restore of it that is being started, and for a hold; then it may be another one.
    select b.backup_id, y.fqdn
    into v_old_id, v_fqdn
    from lastgood.backup_copy as c
    join lastgood.backup as b on b.backup_id = c.backup_id
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where c.backup_copy_id = v_outgoing
    for update of b;
    v_locked := v_outgoing;
  end loop;
  if v_outgoing is not null then
    update lastgood.backup_copy as c
    set state = 'DELETING', reason = format('it gave way to backup "%s"', v_new.name)
    where c.backup_copy_id = v_outgoing;
    update lastgood.backup as b
    set state = 'DELETING'
    where b.backup_id = v_old_id and not exists (
      select
      from lastgood.backup_copy as c
      where c.backup_id = v_old_id and c.state in ('COMPLETE', 'CORRUPT', 'MISSING')
    );
    perform lastgood.tell_of_backup(
      9131, v_old_id, format('Backup "%s"', v_new.name), 'takes the place of',
      format('provider "%s" keeps no more of a source', v_new.provider)
    );
    perform lastgood.settle_live_alerts(array[v_fqdn]);
  end if;
  return lastgood.find_room(p_backup_copy_id, p_token);
end;
$$;

--
-- Name: FUNCTION make_room(p_backup_copy_id bigint, p_token uuid); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.make_room(p_backup_copy_id bigint, p_token uuid) IS 'Lets an older copy give way to one that is about to be whole; returns which ones stay.';

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
-- Name: miss_due(lastgood.schedule, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.miss_due(p_schedule lastgood.schedule, p_reason text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  c_batch constant integer := 1000;
  v_due record;
begin
  while p_schedule.next_run_at <= lastgood.clock() loop
    begin
      v_due := lastgood.due_slots(p_schedule, lastgood.clock(), c_batch);
    exception
      when sqlstate 'LG070' or data_exception then
        select array[p_schedule.next_run_at] as slots, null::timestamptz as next_at
        into v_due;
    end;
    perform lastgood.miss_slots(p_schedule.schedule_id, v_due.slots, p_reason);
    p_schedule.next_run_at := v_due.next_at;
  end loop;
end;
$$;

--
-- Name: FUNCTION miss_due(p_schedule lastgood.schedule, p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.miss_due(p_schedule lastgood.schedule, p_reason text) IS 'Writes that the slots of a schedule that are due were missed, and why.';

--
-- Name: miss_slots(bigint, timestamp with time zone[], text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.miss_slots(p_schedule_id bigint, p_slots timestamp with time zone[], p_reason text) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_count integer;
begin
  insert into lastgood.execution (schedule_id, slot_at, state, finished_at, reason, output)
  select
    p_schedule_id, d.slot_at, 'MISSED', clock_timestamp(), p_reason,
    jsonb_build_object('status', 'MISSED', 'backup_id', null, 'error', p_reason)
  from unnest(p_slots) as d(slot_at)
  on conflict (schedule_id, slot_at) do nothing;
  get diagnostics v_count = row_count;
  if v_count > 0 then
    perform lastgood.tell_of_schedule(9144, p_schedule_id, 'lastgood', format(
      'missed %s %s of', v_count, case v_count when 1 then 'run' else 'runs' end
    ), format(
      '%s to %s; %s', lastgood.time_text(p_slots[1]),
      lastgood.time_text(p_slots[cardinality(p_slots)]), p_reason
    ));
  end if;
  return v_count;
end;
$$;

--
-- Name: FUNCTION miss_slots(p_schedule_id bigint, p_slots timestamp with time zone[], p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.miss_slots(p_schedule_id bigint, p_slots timestamp with time zone[], p_reason text) IS 'Writes that slots of a schedule were missed, and why; returns how many.';

--
-- Name: next_restore_copy(bigint, uuid, bigint[], text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.next_restore_copy(p_restore_id bigint, p_token uuid, p_tried bigint[], p_result text, p_reason text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_backup_id bigint;
  v_copy_id   bigint;
begin
  select r.backup_id, r.backup_copy_id
  into v_backup_id, v_copy_id
  from lastgood.restore as r
  where r.restore_id = p_restore_id and r.token = p_token and r.state = 'RUNNING'
  for no key update;
  if not found then
    raise exception 'restore % was taken over, or has ended', p_restore_id
      using errcode = 'LG035', hint = 'Its lease ran out, or somebody ended it: start a new one.';
  end if;
  if p_result in ('corrupt', 'missing') then
    perform lastgood.record_verification(v_copy_id, 2::smallint, p_result, p_reason);
  end if;
  v_copy_id := lastgood.choose_restore_copy(v_backup_id, null, null, p_tried);
  update lastgood.restore as r
  set backup_copy_id = v_copy_id
  where r.restore_id = p_restore_id and v_copy_id is not null;
  return (
    select to_jsonb(c)
    from lastgood.copy_status as c
    where c.backup_copy_id = v_copy_id
  );
end;
$$;

--
-- Name: FUNCTION next_restore_copy(p_restore_id bigint, p_token uuid, p_tried bigint[], p_result text, p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.next_restore_copy(p_restore_id bigint, p_token uuid, p_tried bigint[], p_result text, p_reason text) IS 'The copy that a restore reads instead of one that it could not use; null where none is left.';

--
-- Name: next_run_on(date, integer[], integer[], boolean, text, timestamp with time zone); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.next_run_on(p_date date, p_hours integer[], p_minutes integer[], p_is_elapsing boolean, p_tz text, p_after timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  -- Before and after the date, wherever on earth that is.
  v_ahead interval := lastgood.ahead_of_utc(p_date - interval '1 day', p_tz);
  v_later interval := lastgood.ahead_of_utc(p_date + interval '2 days', p_tz);
  v_shift interval := greatest(v_ahead - v_later, v_later - v_ahead);
  v_from  interval := (p_after at time zone 'UTC') + v_ahead - p_date::timestamp;
  v_hour  integer;
  v_best  timestamptz;
begin
  foreach v_hour in array p_hours loop
    continue when make_interval(hours => v_hour + 1) <= v_from - v_shift;
    exit when v_best is not null and make_interval(hours => v_hour) > (
      (v_best at time zone p_tz) - p_date::timestamp + v_shift
    );
    select least(v_best, min(run.instant))
    into v_best
    from unnest(p_minutes) as m(minute)
    cross join lateral (
      select p_date + make_interval(hours => v_hour, mins => m.minute)
    ) as wall(local)
    cross join lateral unnest(case
      when v_shift = interval '0' then array[(wall.local - v_ahead) at time zone 'UTC']
      when p_is_elapsing then lastgood.local_instants(wall.local, p_tz)
      else array[coalesce(
        (lastgood.local_instants(wall.local, p_tz))[1], lastgood.gap_end(wall.local, p_tz)
      )]
    end) as run(instant)
    where run.instant > p_after;
  end loop;
  return v_best;
end;
$$;

--
-- Name: FUNCTION next_run_on(p_date date, p_hours integer[], p_minutes integer[], p_is_elapsing boolean, p_tz text, p_after timestamp with time zone); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.next_run_on(p_date date, p_hours integer[], p_minutes integer[], p_is_elapsing boolean, p_tz text, p_after timestamp with time zone) IS 'The first moment after another one at which a local date has one of these times.';

--
-- Name: no_retry_reason(lastgood.execution); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.no_retry_reason(p_execution lastgood.execution) RETURNS text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT ('not tried again: the schedule '::text ||
         CASE
             WHEN (s.deleted_at IS NULL) THEN 'is disabled'::text
             ELSE 'was deleted'::text
         END)
    FROM lastgood.schedule s
   WHERE ((s.schedule_id = (no_retry_reason.p_execution).schedule_id) AND ((no_retry_reason.p_execution).attempt <= s.retries) AND ((s.deleted_at IS NOT NULL) OR (NOT s.is_enabled)));
END;

--
-- Name: FUNCTION no_retry_reason(p_execution lastgood.execution); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.no_retry_reason(p_execution lastgood.execution) IS 'Why an execution that failed is not tried again though an attempt is left, or null.';

--
-- Name: note_unreadable(bigint, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.note_unreadable(p_provider_id bigint, p_keys text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_keys text[] := array(
    select distinct u.key
    from unnest(p_keys) as u(key)
    where u.key like 'manifests/%'
    order by u.key
  );
begin
  update lastgood.provider as p
  set unreadable = v_keys
  where p.provider_id = p_provider_id;
  update lastgood.pack as k
  set is_held = true
  where k.provider_id = p_provider_id and v_keys <> '{}';
end;
$$;

--
-- Name: FUNCTION note_unreadable(p_provider_id bigint, p_keys text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.note_unreadable(p_provider_id bigint, p_keys text[]) IS 'Notes which manifests at a provider cannot be read, and holds the packs that they may need.';

--
-- Name: overlap_reason(lastgood.schedule, boolean); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.overlap_reason(p_schedule lastgood.schedule, p_is_caught boolean) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return (
    select format(
      'the run of %s %s',
      coalesce(lastgood.time_text(e.slot_at), lastgood.time_text(e.queued_at) || ' by hand'),
      case e.state when 'RUNNING' then 'goes on' else 'is still to come' end
    )
    from lastgood.execution as e
    where e.schedule_id = p_schedule.schedule_id and e.state in ('QUEUED', 'RUNNING')
      and (p_schedule.overlap = 'skip' or e.state = 'QUEUED')
      and not (p_is_caught and e.is_late)
    order by e.state = 'RUNNING' desc, coalesce(e.slot_at, e.queued_at), e.execution_id
    limit 1
  );
end;
$$;

--
-- Name: FUNCTION overlap_reason(p_schedule lastgood.schedule, p_is_caught boolean); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.overlap_reason(p_schedule lastgood.schedule, p_is_caught boolean) IS 'Why a run may not be queued beside others of its schedule, or null.';

--
-- Name: own_backup(bigint, uuid); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.own_backup(p_backup_id bigint, p_token uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform
  from lastgood.backup as b
  where b.backup_id = p_backup_id and b.token = p_token and b.state = 'RUNNING'
  for no key update;
  if not found then
    raise exception 'backup % was taken over, or has ended', p_backup_id
      using errcode = 'LG035', hint = 'Its lease ran out or somebody ended it: start a new backup.';
  end if;
end;
$$;

--
-- Name: FUNCTION own_backup(p_backup_id bigint, p_token uuid); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.own_backup(p_backup_id bigint, p_token uuid) IS 'Refuses whoever does not hold the token of a running backup.';

--
-- Name: own_backup_id(bigint, uuid, integer, text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.own_backup_id(p_backup_id bigint, p_event_id uuid, p_status integer, p_fqdn text, p_scope text) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return (
    select b.backup_id
    from lastgood.backup as b
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where b.backup_id = p_backup_id and y.fqdn = p_fqdn and s.scope = p_scope
      and p_event_id = case p_status
        when 0 then b.started_event
        when 1 then b.ended_event
        when -1 then b.ended_event
      end
  );
end;
$$;

--
-- Name: FUNCTION own_backup_id(p_backup_id bigint, p_event_id uuid, p_status integer, p_fqdn text, p_scope text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.own_backup_id(p_backup_id bigint, p_event_id uuid, p_status integer, p_fqdn text, p_scope text) IS 'The backup that a report names, where its event id proves that it is the start or end of it.';

--
-- Name: own_copy(bigint, uuid); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.own_copy(p_backup_copy_id bigint, p_token uuid) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_backup_id   bigint;
  v_provider_id bigint;
begin
  select c.backup_id, c.provider_id
  into v_backup_id, v_provider_id
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_id;
  perform lastgood.own_backup(v_backup_id, p_token);
  perform
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_id and c.state = 'RUNNING'
  for no key update;
  if not found then
    raise exception 'copy % of backup % has ended', p_backup_copy_id, v_backup_id
      using errcode = 'LG035', hint = 'It was sealed or given up: nothing can be added to it.';
  end if;
  return v_provider_id;
end;
$$;

--
-- Name: FUNCTION own_copy(p_backup_copy_id bigint, p_token uuid); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.own_copy(p_backup_copy_id bigint, p_token uuid) IS 'Refuses whoever does not hold the token of a copy that is being written; returns its provider.';

--
-- Name: own_execution(bigint, uuid); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.own_execution(p_execution_id bigint, p_token uuid) RETURNS lastgood.execution
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_found record;
begin
  select e as execution
  into v_found
  from lastgood.execution as e
  where e.execution_id = p_execution_id and e.token = p_token and e.state = 'RUNNING'
  for no key update;
  if not found then
    raise exception 'execution % was taken over, or has ended',
        coalesce(p_execution_id::text, 'null')
      using errcode = 'LG078', hint = 'Stop: what was done for it does not count.';
  end if;
  return v_found.execution;
end;
$$;

--
-- Name: FUNCTION own_execution(p_execution_id bigint, p_token uuid); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.own_execution(p_execution_id bigint, p_token uuid) IS 'A running execution that this token holds, locked; LG078 for any other.';

--
-- Name: plan_schedule(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.plan_schedule(p_schedule_id bigint) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_now      timestamptz := lastgood.clock();
  v_schedule lastgood.schedule := (
    select s
    from lastgood.schedule as s
    where s.schedule_id = p_schedule_id
  );
begin
  if v_schedule.next_run_at <= v_now then
    return lastgood.take_slots(v_schedule, v_now);
  end if;
  return 0;
exception
  when others then
    if lastgood.is_server_trouble(sqlstate) then
      raise;
    end if;
    update lastgood.schedule as s
    set is_enabled = false
    where s.schedule_id = p_schedule_id;
    perform lastgood.tell_of_schedule(9143, p_schedule_id, 'lastgood', 'disabled', sqlerrm);
    return 0;
end;
$$;

--
-- Name: FUNCTION plan_schedule(p_schedule_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.plan_schedule(p_schedule_id bigint) IS 'Takes the due slots of one schedule; one that is broken is disabled, with an event.';

--
-- Name: plan_slots(integer); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.plan_slots(p_limit integer DEFAULT 100) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  c_most  constant integer := 1000;
  v_now   timestamptz := lastgood.clock();
  v_count integer     := 0;
  v_id    bigint;
begin
  for v_id in
    select s.schedule_id
    from lastgood.schedule as s
    where s.next_run_at <= v_now and s.is_enabled and s.deleted_at is null
    order by s.next_run_at
    limit p_limit
    for no key update skip locked
  loop
    exit when v_count >= c_most;
    v_count := v_count + lastgood.plan_schedule(v_id);
  end loop;
  return v_count;
end;
$$;

--
-- Name: FUNCTION plan_slots(p_limit integer); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.plan_slots(p_limit integer) IS 'Turns every slot that is due into one execution; returns how many.';

--
-- Name: preview_runs(text, text, timestamp with time zone, integer); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.preview_runs(p_pattern text, p_tz text DEFAULT 'UTC'::text, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_count integer DEFAULT 5) RETURNS SETOF timestamp with time zone
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_run timestamptz := coalesce(p_from, lastgood.clock());
  v_tz  text        := lastgood.check_time_zone(p_tz);
begin
  if p_count between 1 and 1000 is not true then
    raise exception 'the number of runs cannot be %', coalesce(p_count::text, 'null')
      using errcode = 'LG079', hint = 'Ask for 1 to 1000.';
  end if;
  if v_run < '1970-01-01T00:00:00Z' or v_run >= '10000-01-01T00:00:00Z' then
    raise exception 'runs cannot be looked for after %', v_run
      using errcode = 'LG079', hint = 'Write a time as 2030-01-31T08:00:00Z.';
  end if;
  for v_number in 1..p_count loop
    v_run := lastgood.next_run(p_pattern, v_tz, v_run);
    exit when v_run is null;
    return next v_run;
  end loop;
end;
$$;

--
-- Name: FUNCTION preview_runs(p_pattern text, p_tz text, p_from timestamp with time zone, p_count integer); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.preview_runs(p_pattern text, p_tz text, p_from timestamp with time zone, p_count integer) IS 'The next runs of a cron pattern in a time zone, strictly after a moment.';

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
            and (newer.backup_id is null or a.backup_id is not null)
        )
      )
      and not (
        a.log_type = 9025 and exists (
          select
          from lastgood.backup as b
          where b.backup_id = a.backup_id and b.state <> 'DELETED'
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
-- Name: queue_slot(bigint, timestamp with time zone, boolean, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.queue_slot(p_schedule_id bigint, p_slot_at timestamp with time zone, p_is_late boolean, p_skip_reason text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_is_skipped boolean := p_skip_reason is not null;
  v_id         bigint;
begin
  insert into lastgood.execution (
    schedule_id, slot_at, is_late, state, reason, finished_at, output, requested_by
  )
  values (
    p_schedule_id, p_slot_at, p_is_late,
    case when v_is_skipped then 'SKIPPED' else 'QUEUED' end,
    p_skip_reason,
    case when v_is_skipped then clock_timestamp() end,
    case when v_is_skipped then jsonb_build_object(
      'status', 'SKIPPED', 'backup_id', null, 'error', p_skip_reason
    ) end,
    case when p_slot_at is null then session_user end
  )
  on conflict (schedule_id, slot_at) do nothing
  returning execution_id
  into v_id;
  return v_id;
end;
$$;

--
-- Name: FUNCTION queue_slot(p_schedule_id bigint, p_slot_at timestamp with time zone, p_is_late boolean, p_skip_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.queue_slot(p_schedule_id bigint, p_slot_at timestamp with time zone, p_is_late boolean, p_skip_reason text) IS 'Makes one slot an execution, QUEUED or SKIPPED; returns its id.';

--
-- Name: quota_reached(bigint, bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.quota_reached(p_provider_id bigint, p_outgoing_id bigint DEFAULT NULL::bigint) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return (
    select r.quota
    from lastgood.provider as p
    cross join lateral (
      values
        (p.max_backups <= (
          select count(*)
          from lastgood.backup_copy as c
          where c.provider_id = p.provider_id and c.state <> 'DELETED'
            and c.backup_copy_id is distinct from p_outgoing_id
        ), format('%s backups', p.max_backups)),
        (p.max_bytes <= (
          select s.stored_bytes
          from lastgood.provider_status as s
          where s.provider_id = p.provider_id
        ), format('%s bytes', p.max_bytes))
    ) as r(is_so, quota)
    where p.provider_id = p_provider_id and r.is_so
    limit 1
  );
end;
$$;

--
-- Name: FUNCTION quota_reached(p_provider_id bigint, p_outgoing_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.quota_reached(p_provider_id bigint, p_outgoing_id bigint) IS 'What a provider may keep and does, in words; null where it has room.';

--
-- Name: reap_backup(bigint, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.reap_backup(p_backup_id bigint, p_reason text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform lastgood.end_backup(
    p_backup_id, 'FAILED', p_reason, format('The backup failed: %s.', p_reason)
  );
  return true;
exception
  when others then
    if lastgood.is_server_trouble(sqlstate) then
      raise;
    end if;
    perform lastgood.tell_hourly(9147, format(
      'lastgood could not end backup "%s" (%s), and goes on trying: %s.', b.name, b.backup_id,
      sqlerrm
    ), y.fqdn, s.scope)
    from lastgood.backup as b
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where b.backup_id = p_backup_id;
    return false;
end;
$$;

--
-- Name: FUNCTION reap_backup(p_backup_id bigint, p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.reap_backup(p_backup_id bigint, p_reason text) IS 'Ends a backup that lost its lease; false where that failed.';

--
-- Name: reap_backups(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.reap_backups() RETURNS SETOF bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  c_reason    constant text := 'its lease ran out: whoever ran it is gone';
  v_backup_id bigint;
begin
  perform lastgood.reap_executions();
  update lastgood.restore as r
  set state = 'FAILED', ended_at = clock_timestamp(), lease_until = null, token = null,
    reason = c_reason
  where r.restore_id in (
    select o.restore_id
    from lastgood.restore as o
    where o.state = 'RUNNING' and o.lease_until < clock_timestamp()
    for no key update skip locked
  );
  for v_backup_id in
    select b.backup_id
    from lastgood.backup as b
    where b.state = 'RUNNING' and b.lease_until < clock_timestamp() and not exists (
      select
      from lastgood.execution as e
      where e.backup_id = b.backup_id and e.state = 'RUNNING'
    )
    order by b.backup_id
    for no key update skip locked
  loop
    if lastgood.reap_backup(v_backup_id, c_reason) then
      return next v_backup_id;
    end if;
  end loop;
end;
$$;

--
-- Name: FUNCTION reap_backups(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.reap_backups() IS 'Ends backups and restores whose lease ran out; returns the backups.';

--
-- Name: reap_execution(lastgood.execution, interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.reap_execution(p_execution lastgood.execution, p_timeout interval) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if p_execution.started_at + p_timeout <= clock_timestamp() then
    perform lastgood.end_execution(p_execution, 'ERROR', format('timed out after %s', p_timeout));
  else
    perform lastgood.end_execution(p_execution, 'INTERRUPTED', concat(
      'its lease ran out: worker ' || p_execution.worker, ' is gone'
    ));
  end if;
  return true;
exception
  when others then
    if lastgood.is_server_trouble(sqlstate) then
      raise;
    end if;
    perform lastgood.tell_hourly(9147, format(
      'lastgood could not end execution %s of schedule "%s" (%s), and goes on trying: %s.',
      p_execution.execution_id, c.name, c.schedule_id, sqlerrm
    ), y.fqdn, s.scope)
    from lastgood.schedule as c
    join lastgood.source as s on s.source_id = c.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where c.schedule_id = p_execution.schedule_id;
    return false;
end;
$$;

--
-- Name: FUNCTION reap_execution(p_execution lastgood.execution, p_timeout interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.reap_execution(p_execution lastgood.execution, p_timeout interval) IS 'Ends an execution that is past its timeout or whose worker is gone; false where that failed.';

--
-- Name: reap_executions(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.reap_executions() RETURNS SETOF bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_id        bigint;
  v_timeout   interval;
  v_execution lastgood.execution;
begin
  for v_id, v_timeout in
    select e.execution_id, s.timeout
    from lastgood.execution as e
    join lastgood.schedule as s on s.schedule_id = e.schedule_id
    where e.state = 'RUNNING'
      and (e.lease_until < clock_timestamp() or e.started_at + s.timeout <= clock_timestamp())
      and pg_postmaster_start_time() + e.lease < clock_timestamp()
    order by e.execution_id
    for no key update of e skip locked
  loop
    v_execution := (
      select e
      from lastgood.execution as e
      where e.execution_id = v_id
    );
    if lastgood.reap_execution(v_execution, v_timeout) then
      return next v_id;
    end if;
  end loop;
end;
$$;

--
-- Name: FUNCTION reap_executions(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.reap_executions() IS 'Ends executions whose worker is gone or that are past their timeout; returns them.';

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
  v_backup_id  bigint;
  v_is_quiet   boolean;
  v_id         bigint;
begin
  begin
    v_backup_id := case when p_backup_id is not null
      then lastgood.own_backup_id(p_backup_id, p_event_id, p_status, v_fqdn, p_scope) end;
    -- All that a sound report needs; append_nothing sees to the others. Under serializable a look
    -- for duplicates would make two reporters conflict at commit: there the unique indexes decide.
    -- A known system without an alert is quiet: there will be nothing to judge.
    insert into lastgood.audit_log as e (
      log_time, log_type, log_type_name, severity, message, fqdn, scope, done_at, run_id, event_id,
      backup_id, log_path, arrived_at, awaits_system
    )
    select
      v_log_time, t.log_type, t.log_type_name, t.severity, v_message, v_fqdn, p_scope, p_done_at,
      v_run_id, p_event_id, v_backup_id, v_log_path, v_arrived_at, s.fqdn is null
    from lastgood.event_type as t
    left join lastgood.system as s on s.fqdn = v_fqdn
    where t.log_type = v_log_type
      and lastgood.event_defect(p_scope, p_done_at, p_status, v_fqdn) is null
      and (v_backup_id is not null or s.reporters is null or lastgood.may_report(s.reporters))
      and (p_event_id is not null or v_isolation = 'serializable' or not exists (
        select
        from lastgood.audit_log as a
        where a.fqdn = v_fqdn and a.scope = p_scope and a.log_time = v_log_time
          and a.log_type = v_log_type and a.done_at = p_done_at
      ))
    on conflict do nothing
    returning e.audit_log_id,
      p_backup_id is not distinct from v_backup_id and not e.awaits_system and not exists (
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
      insert into lastgood.engine_backup_log (scope, done_at, is_passed, output_message, fqdn,
        log_path, audit_log_id, counts_from, run_id, backup_id)
      values (p_scope, p_done_at, p_status = 1, v_message, v_fqdn,
        v_log_path, v_id, v_log_time, v_run_id, v_backup_id);
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
    if v_backup_id is distinct from p_backup_id then
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
-- Name: record_verification(bigint, smallint, text, text, text[], double precision); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.record_verification(p_backup_copy_id bigint, p_level smallint, p_result text, p_reason text DEFAULT NULL::text, p_packs text[] DEFAULT NULL::text[], p_sample double precision DEFAULT 1) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_fqdn      text;
  v_old_state text;
  v_old_level smallint;
  v_state     text;
  v_level     smallint;
  -- A sample says nothing of the rest but its size; a rehearsal restores all of it.
  v_proven    smallint := case when p_sample < 1 and p_level < 4
    then least(p_level, 1::smallint) else p_level end;
begin
  if p_level is null or p_level not between 0 and 5 or p_result is null or p_result <> all (
    array['ok', 'corrupt', 'missing', 'unverifiable', 'could_not_check']
  ) or p_sample is null or not (p_sample > 0 and p_sample <= 1) then
    raise exception 'this is no verification: level %, result %, sample %',
      p_level, p_result, p_sample
      using errcode = 'LG047', hint = 'Levels are 0 to 5; results are ok, corrupt, missing,'
        ' unverifiable and could_not_check; a sample is a part of 1.';
  end if;
  select lastgood.lock_source_of(c.backup_id)
  into v_fqdn
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_id;
  select c.state, c.proof_level
  into v_old_state, v_old_level
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_id and c.state in ('COMPLETE', 'CORRUPT', 'MISSING')
  for no key update;
  if not found then
    raise exception 'there is no copy % that could be verified', p_backup_copy_id
      using errcode = 'LG046', hint = 'See the copies with: lastgood backup show BACKUP';
  end if;
  -- What was found bad is good again only where enough of it was looked at.
  v_state := case
    when p_result = 'corrupt' then 'CORRUPT'
    when p_result = 'missing' then 'MISSING'
    when p_result = 'ok' and v_proven >= case v_old_state
      when 'CORRUPT' then 2 when 'MISSING' then 1 else 0 end then 'COMPLETE'
    else v_old_state
  end;
  v_level := case
    when v_state <> 'COMPLETE' then 0::smallint
    when p_result = 'ok' and v_old_state <> 'COMPLETE' then v_proven
    when p_result = 'ok' then greatest(v_proven, v_old_level)
    else v_old_level
  end;
  update lastgood.backup_copy as c
  set state = v_state, proof_level = v_level, last_checked_at = clock_timestamp(),
    proven_at = case
      when p_result = 'ok' and v_proven = v_level and v_state = 'COMPLETE' then clock_timestamp()
      when v_state = 'COMPLETE' then c.proven_at
    end,
    last_result = r.result,
    reason = case when r.result = p_result then nullif(p_reason, '') else c.reason end
  from (
    select case when v_state = 'COMPLETE' or p_result in ('corrupt', 'missing') then p_result
      else lower(v_state) end as result
  ) as r
  where c.backup_copy_id = p_backup_copy_id;
  perform lastgood.follow_verification(p_backup_copy_id, v_old_state, v_fqdn);
  if p_result in ('corrupt', 'missing') then
    perform lastgood.spread_damage(p_backup_copy_id, p_packs, v_state);
  end if;
end;
$$;

--
-- Name: FUNCTION record_verification(p_backup_copy_id bigint, p_level smallint, p_result text, p_reason text, p_packs text[], p_sample double precision); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.record_verification(p_backup_copy_id bigint, p_level smallint, p_result text, p_reason text, p_packs text[], p_sample double precision) IS 'Notes what a verification found of a copy; the verdict and its alerts follow at once.';

--
-- Name: refuse_schedule(jsonb, text, text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.refuse_schedule(p_values jsonb, p_column text, p_constraint text, p_message text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_column text := coalesce(nullif(p_column, ''), (
    select a.attname
    from pg_catalog.pg_constraint as c
    cross join lateral unnest(c.conkey) as k(number)
    join pg_catalog.pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.number
    where c.conrelid = 'lastgood.schedule'::regclass and c.conname = p_constraint
    order by p_values ? a.attname desc, a.attname
    limit 1
  ));
  v_key    text;
begin
  for v_key in
    select k.name
    from jsonb_object_keys(p_values) as k(name)
    where v_column is null
    order by k.name
  loop
    begin
      perform jsonb_populate_record(
        null::lastgood.schedule, jsonb_build_object(v_key, p_values -> v_key)
      );
    exception
      when data_exception then
        v_column := v_key;
        exit;
    end;
  end loop;
  if v_column is null then
    raise exception 'the schedule has a value that cannot be: %', p_message
      using errcode = 'LG073', hint = 'See docs/schedules.md for what there is.';
  end if;
  raise exception '% of a schedule cannot be %', v_column,
      coalesce('"' || (p_values ->> v_column) || '"', 'none')
    using errcode = 'LG073', hint = lastgood.schedule_value_hint(v_column);
end;
$$;

--
-- Name: FUNCTION refuse_schedule(p_values jsonb, p_column text, p_constraint text, p_message text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.refuse_schedule(p_values jsonb, p_column text, p_constraint text, p_message text) IS 'Raises what is wrong with the settings of a schedule: which one, and what it may be.';

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
-- Name: release_backup(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.release_backup(p_backup_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_backup_id bigint := lastgood.find_backup(p_backup_id::text);
begin
  update lastgood.backup as b
  set held_at = null, held_by = null, hold_reason = null
  where b.backup_id = v_backup_id and b.held_at is not null;
  if found then
    perform lastgood.tell_of_backup(9122, v_backup_id, session_user, 'released');
  end if;
end;
$$;

--
-- Name: FUNCTION release_backup(p_backup_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.release_backup(p_backup_id bigint) IS 'Lets a held backup be deleted again.';

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
-- Name: renew_backup_lease(bigint, uuid, interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.renew_backup_lease(p_backup_id bigint, p_token uuid, p_lease interval DEFAULT '00:01:00'::interval) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  update lastgood.backup as b
  set lease_until = lastgood.lease_end(p_lease)
  where b.backup_id = p_backup_id and b.token = p_token and b.state = 'RUNNING';
  return found;
end;
$$;

--
-- Name: FUNCTION renew_backup_lease(p_backup_id bigint, p_token uuid, p_lease interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.renew_backup_lease(p_backup_id bigint, p_token uuid, p_lease interval) IS 'Renews the lease of a running backup; false where it was taken over or has ended.';

--
-- Name: renew_execution_lease(bigint, uuid, interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.renew_execution_lease(p_execution_id bigint, p_token uuid, p_lease interval DEFAULT '00:00:30'::interval) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  update lastgood.execution as e
  set lease = p_lease, lease_until = lastgood.lease_end(p_lease)
  from lastgood.schedule as s
  where e.execution_id = p_execution_id and e.token = p_token and e.state = 'RUNNING'
    and s.schedule_id = e.schedule_id
    and (e.started_at + s.timeout <= clock_timestamp()) is not true;
  return found;
end;
$$;

--
-- Name: FUNCTION renew_execution_lease(p_execution_id bigint, p_token uuid, p_lease interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.renew_execution_lease(p_execution_id bigint, p_token uuid, p_lease interval) IS 'Renews the lease of a running execution; false where whoever runs it must stop.';

--
-- Name: renew_restore_lease(bigint, uuid, interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.renew_restore_lease(p_restore_id bigint, p_token uuid, p_lease interval DEFAULT '00:01:00'::interval) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  update lastgood.restore as r
  set lease_until = lastgood.lease_end(p_lease)
  where r.restore_id = p_restore_id and r.token = p_token and r.state = 'RUNNING';
  return found;
end;
$$;

--
-- Name: FUNCTION renew_restore_lease(p_restore_id bigint, p_token uuid, p_lease interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.renew_restore_lease(p_restore_id bigint, p_token uuid, p_lease interval) IS 'Renews the lease of a running restore; false where it was taken over or has ended.';

--
-- Name: repack_candidates(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.repack_candidates(p_provider_id bigint) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  return query
  select jsonb_build_object(
    'name', k.name, 'size_bytes', k.size_bytes,
    'copies', jsonb_agg(c.backup_copy_id order by c.backup_copy_id)
  )
  from lastgood.pack as k
  join lastgood.backup_copy_pack as u on u.pack_id = k.pack_id
  join lastgood.backup_copy as c on c.backup_copy_id = u.backup_copy_id
  where k.provider_id = p_provider_id and k.state = 'COMPLETE' and not k.is_held
  group by k.pack_id, k.name, k.size_bytes
  having bool_and(c.state = 'COMPLETE' and u.used_bytes is not null)
    and max(u.used_bytes) * 2 < k.size_bytes
    and not exists (
      select
      from lastgood.restore as r
      where r.backup_copy_id = any (array_agg(c.backup_copy_id)) and r.state = 'RUNNING'
        and r.lease_until > clock_timestamp()
    )
  order by k.pack_id;
end;
$$;

--
-- Name: FUNCTION repack_candidates(p_provider_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.repack_candidates(p_provider_id bigint) IS 'Packs that are mostly dead: each with its size and the copies that name it.';

--
-- Name: replace_manifest(bigint, text, text, text, bigint, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.replace_manifest(p_backup_copy_id bigint, p_old_sha256 text, p_manifest_key text, p_manifest_sha256 text, p_manifest_size bigint, p_packs jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_provider_id bigint;
  v_backup_id   bigint;
begin
  select c.provider_id, c.backup_id
  into v_provider_id, v_backup_id
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_id;
  -- Waits for a restore that is being started, and for a dry run.
  perform from lastgood.backup as b where b.backup_id = v_backup_id for no key update;
  if exists (
    select
    from lastgood.restore as r
    where r.backup_copy_id = p_backup_copy_id and r.state = 'RUNNING'
      and r.lease_until > clock_timestamp()
  ) then
    raise exception 'backup % is being restored', v_backup_id
      using errcode = 'LG042', hint = 'Its packs can be rewritten once that has ended.';
  end if;
  perform lastgood.lock_provider(v_provider_id);
  update lastgood.backup_copy as c
  set manifest_key = p_manifest_key, manifest_sha256 = p_manifest_sha256,
    manifest_size = p_manifest_size
  where c.backup_copy_id = p_backup_copy_id and c.state = 'COMPLETE'
    and c.manifest_sha256 = p_old_sha256;
  if not found then
    raise exception 'copy % has changed meanwhile', p_backup_copy_id
      using errcode = 'LG048', hint = 'Read its manifest again, and repeat the repack.';
  end if;
  perform lastgood.settle_packs(p_backup_copy_id, p_packs);
end;
$$;

--
-- Name: FUNCTION replace_manifest(p_backup_copy_id bigint, p_old_sha256 text, p_manifest_key text, p_manifest_sha256 text, p_manifest_size bigint, p_packs jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.replace_manifest(p_backup_copy_id bigint, p_old_sha256 text, p_manifest_key text, p_manifest_sha256 text, p_manifest_size bigint, p_packs jsonb) IS 'Gives a copy the manifest and packs of a repack, unless it has changed meanwhile.';

--
-- Name: report_backup(bigint, integer, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.report_backup(p_backup_id bigint, p_status integer, p_message text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_id bigint;
begin
  select lastgood.record_event(
    s.scope,
    case p_status when 0 then b.started_at else b.ended_at end,
    p_status, p_message, y.fqdn, '',
    case p_status when 0 then b.started_event else b.ended_event end,
    b.name, b.backup_id
  )
  into v_id
  from lastgood.backup as b
  join lastgood.source as s on s.source_id = b.source_id
  join lastgood.system as y on y.system_id = s.system_id
  where b.backup_id = p_backup_id;
  if v_id is null or not exists (
    select
    from lastgood.audit_log as a
    where a.audit_log_id = v_id and a.backup_id = p_backup_id
  ) then
    raise exception 'the event of backup % could not be recorded', p_backup_id
      using errcode = 'LG051',
        hint = 'The warning before this says why. Nothing was changed: try again.';
  end if;
end;
$$;

--
-- Name: FUNCTION report_backup(p_backup_id bigint, p_status integer, p_message text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.report_backup(p_backup_id bigint, p_status integer, p_message text) IS 'Reports the start or end of a backup of our own; LG051 where the report was not kept.';

--
-- Name: report_failure(lastgood.execution, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.report_failure(p_execution lastgood.execution, p_reason text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if exists (
    select
    from lastgood.backup as b
    where b.backup_id = p_execution.backup_id and b.started_at >= p_execution.started_at
  ) then
    return;
  end if;
  perform lastgood.record_event(
    s.scope, clock_timestamp(), -1,
    format('The run of schedule "%s" failed: %s.', c.name, p_reason), y.fqdn, '',
    gen_random_uuid()
  )
  from lastgood.schedule as c
  join lastgood.source as s on s.source_id = c.source_id
  join lastgood.system as y on y.system_id = s.system_id
  where c.schedule_id = p_execution.schedule_id;
end;
$$;

--
-- Name: FUNCTION report_failure(p_execution lastgood.execution, p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.report_failure(p_execution lastgood.execution, p_reason text) IS 'Reports a run that failed before it had a backup.';

--
-- Name: require_read_committed(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.require_read_committed() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'this cannot be done under isolation %',
        current_setting('transaction_isolation')
      using errcode = 'LG054', hint = 'Use read committed, or no transaction of your own.';
  end if;
end;
$$;

--
-- Name: FUNCTION require_read_committed(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.require_read_committed() IS 'Refuses an isolation that sees what was before a lock was taken.';

--
-- Name: require_scopes_of(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.require_scopes_of(p_provider_id bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_fqdn   text;
  v_scopes text[];
begin
  for v_fqdn, v_scopes in
    select
      y.fqdn,
      coalesce(y.required_scopes, min(setting.required_scopes)) || array_agg(distinct s.scope::text)
    from lastgood.source as s
    join lastgood.system as y on y.system_id = s.system_id
    cross join lastgood.setting
    where s.deleted_at is null
      and s.scope <> all (coalesce(y.required_scopes, setting.required_scopes))
      and exists (
        select
        from lastgood.backup as b
        join lastgood.backup_copy as c on c.backup_id = b.backup_id
        where b.source_id = s.source_id and b.origin is not null and c.provider_id = p_provider_id
      )
    group by y.system_id, y.fqdn, y.required_scopes
  loop
    perform lastgood.set_required_scopes(v_fqdn, v_scopes);
  end loop;
end;
$$;

--
-- Name: FUNCTION require_scopes_of(p_provider_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.require_scopes_of(p_provider_id bigint) IS 'Lets systems require the scopes of their live sources with attached backups at a provider.';

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
-- Name: backup_summary; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.backup_summary AS
 SELECT b.backup_id,
    b.name,
    s.name AS source,
    s.type AS source_type,
    y.fqdn,
    s.scope,
    b.type,
    b.parent_id,
    b.state,
    best.proof_level,
    ((b.state = 'COMPLETE'::text) AND COALESCE((best.proof_level >= ( SELECT setting.proof_level
           FROM lastgood.setting)), false)) AS is_good,
    ((b.state = 'COMPLETE'::text) AND COALESCE((best.proof_level >= 2), false)) AS is_proven,
    b.started_at,
    b.ended_at,
    b.lease_until AS running_until,
    b.size_bytes,
    b.entries,
    b.reason,
    b.missing,
    b.not_collected,
    b.versions,
    b.held_at,
    b.held_by,
    b.hold_reason,
    b.host,
    ( SELECT COALESCE(jsonb_agg(jsonb_build_object('backup_copy_id', c.backup_copy_id, 'provider', p.name, 'state', c.state, 'layout', c.layout, 'group_name', c.group_name, 'recipients', c.recipients, 'proof_level', c.proof_level, 'proven_at', c.proven_at, 'stored_bytes', c.stored_bytes, 'last_result', c.last_result, 'last_checked_at', c.last_checked_at, 'reason', c.reason) ORDER BY c.backup_copy_id), '[]'::jsonb) AS "coalesce"
           FROM (lastgood.backup_copy c
             JOIN lastgood.provider p ON ((p.provider_id = c.provider_id)))
          WHERE (c.backup_id = b.backup_id)) AS copies,
    b.source_id,
    b.started_by,
    b.deleted_at,
    b.groups,
    b.origin,
    b.attached_at,
    b.items_known,
    b.schedule_id
   FROM (((lastgood.backup b
     JOIN lastgood.source s ON ((s.source_id = b.source_id)))
     JOIN lastgood.system y ON ((y.system_id = s.system_id)))
     CROSS JOIN LATERAL ( SELECT GREATEST(max(held.proof_level) FILTER (WHERE (held.group_name IS NULL)),
                CASE
                    WHEN (count(held.group_name) = cardinality(b.groups)) THEN min(held.proof_level) FILTER (WHERE (held.group_name IS NOT NULL))
                    ELSE NULL::smallint
                END) AS proof_level
           FROM ( SELECT c.group_name,
                    max(c.proof_level) AS proof_level
                   FROM lastgood.backup_copy c
                  WHERE ((c.backup_id = b.backup_id) AND (c.state = 'COMPLETE'::text))
                  GROUP BY c.group_name) held) best);

--
-- Name: VIEW backup_summary; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.backup_summary IS 'Every backup with its source, its copies and how far the best good one of them is proven.';

--
-- Name: restore; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.restore (
    restore_id bigint NOT NULL,
    backup_id bigint NOT NULL,
    backup_copy_id bigint,
    state text DEFAULT 'RUNNING'::text NOT NULL,
    picked text[] DEFAULT '{}'::text[] NOT NULL,
    target text NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    lease_until timestamp with time zone,
    token uuid DEFAULT gen_random_uuid(),
    started_by text DEFAULT SESSION_USER NOT NULL,
    host text,
    restored_bytes bigint,
    actions text[] DEFAULT '{}'::text[] NOT NULL,
    reason text,
    CONSTRAINT restore_ends_when_it_runs_no_more CHECK (((state = 'RUNNING'::text) = (ended_at IS NULL))),
    CONSTRAINT restore_state_is_known CHECK ((state = ANY (ARRAY['RUNNING'::text, 'COMPLETE'::text, 'FAILED'::text]))),
    CONSTRAINT running_restore_has_a_lease CHECK (((state = 'RUNNING'::text) = ((lease_until IS NOT NULL) AND (token IS NOT NULL))))
);

--
-- Name: TABLE restore; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.restore IS 'Acts of bringing items back.';

--
-- Name: COLUMN restore.picked; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.restore.picked IS 'What was picked; all of it where it is empty.';

--
-- Name: COLUMN restore.actions; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON COLUMN lastgood.restore.actions IS 'What the restore did, a line each.';

--
-- Name: retention_needs(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.retention_needs(p_schedule_id bigint) RETURNS TABLE(backup_id bigint, place integer, reason text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH schedule AS (
          SELECT s.source_id,
             (num_nonnulls(s.keep_last, s.keep_hourly, s.keep_daily, s.keep_weekly, s.keep_monthly, s.keep_yearly) = 0) AS keeps_all
            FROM lastgood.schedule s
           WHERE (s.schedule_id = retention_needs.p_schedule_id)
         ), newest AS (
          SELECT b.backup_id,
             b.ended_at
            FROM lastgood.backup_summary b
           WHERE ((b.schedule_id = retention_needs.p_schedule_id) AND (b.state = 'COMPLETE'::text) AND (b.proof_level IS NOT NULL))
           ORDER BY b.ended_at DESC, b.backup_id DESC
          LIMIT 1
         )
  SELECT b.backup_id,
     r.place,
     r.reason
    FROM (((((schedule s
      JOIN lastgood.backup b ON (((b.schedule_id = retention_needs.p_schedule_id) AND (b.state = ANY (ARRAY['COMPLETE'::text, 'PARTIAL'::text])))))
      LEFT JOIN newest n ON (true))
      LEFT JOIN LATERAL ( SELECT g.backup_id
            FROM lastgood.backup_summary g
           WHERE ((g.source_id = s.source_id) AND g.is_good)
           ORDER BY g.ended_at DESC, g.backup_id DESC
          LIMIT 1) good ON (true))
      LEFT JOIN LATERAL ( SELECT g.backup_id
            FROM lastgood.backup_summary g
           WHERE ((g.source_id = s.source_id) AND g.is_proven)
           ORDER BY g.ended_at DESC, g.backup_id DESC
          LIMIT 1) proven ON (true))
      CROSS JOIN LATERAL ( VALUES ('-1'::integer,s.keeps_all,'its schedule keeps all of them'::text), (0,(b.backup_id = n.backup_id),'newest'::text), (0,(n.backup_id IS NULL),'no newer one is complete'::text), (0,(ROW(b.ended_at, b.backup_id) > ROW(n.ended_at, n.backup_id)),'younger than the newest complete one'::text), (10,(b.held_at IS NOT NULL),(('held by '::text || b.held_by) || COALESCE((': '::text || b.hold_reason), ''::text))), (11,(b.backup_id = good.backup_id),'the last good one of its source'::text), (12,(b.backup_id = proven.backup_id),'the newest proven one of its source'::text), (13,(EXISTS ( SELECT
                    FROM lastgood.restore o
                   WHERE ((o.backup_id = b.backup_id) AND (o.state = 'RUNNING'::text) AND (o.lease_until > clock_timestamp())))),'is being restored'::text)) r(place, is_so, reason))
   WHERE r.is_so
 UNION ALL
  SELECT b.backup_id,
     14,
     format('the base of "%s"'::text, c.name) AS format
    FROM (lastgood.backup b
      JOIN lastgood.backup c ON ((c.parent_id = b.backup_id)))
   WHERE ((b.schedule_id = retention_needs.p_schedule_id) AND (b.state = ANY (ARRAY['COMPLETE'::text, 'PARTIAL'::text])) AND (c.schedule_id IS DISTINCT FROM retention_needs.p_schedule_id) AND (c.state <> ALL (ARRAY['FAILED'::text, 'DELETED'::text, 'DELETING'::text])))
 UNION ALL
  SELECT b.backup_id,
     14,
     format('the base of "%s"'::text, c.name) AS format
    FROM (lastgood.backup b
      JOIN lastgood.backup c ON ((c.parent_id = b.backup_id)))
   WHERE ((b.schedule_id = retention_needs.p_schedule_id) AND (b.state = ANY (ARRAY['COMPLETE'::text, 'PARTIAL'::text])) AND (c.schedule_id = retention_needs.p_schedule_id) AND (c.state = 'RUNNING'::text))
 UNION ALL
  SELECT b.backup_id,
     15,
     format('schedule "%s" builds on it'::text, c.name) AS format
    FROM (lastgood.backup b
      JOIN lastgood.schedule c ON (((c.parent_id = b.backup_id) AND (c.deleted_at IS NULL))))
   WHERE ((b.schedule_id = retention_needs.p_schedule_id) AND (b.state = ANY (ARRAY['COMPLETE'::text, 'PARTIAL'::text])));
END;

--
-- Name: FUNCTION retention_needs(p_schedule_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.retention_needs(p_schedule_id bigint) IS 'Which backups of a schedule somebody needs, and why.';

--
-- Name: retention_slots(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.retention_slots(p_schedule_id bigint) RETURNS TABLE(backup_id bigint, place integer, reason text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH own AS MATERIALIZED (
          SELECT b.backup_id,
             b.started_at,
             b.ended_at,
             b.is_proven,
                 CASE
                     WHEN (b.state = 'PARTIAL'::text) THEN 1
                     WHEN (b.proof_level IS NULL) THEN 2
                     ELSE 0
                 END AS class
            FROM lastgood.backup_summary b
           WHERE ((b.schedule_id = retention_slots.p_schedule_id) AND (b.state = ANY (ARRAY['COMPLETE'::text, 'PARTIAL'::text])))
         ), rule AS (
          SELECT r.place,
             r.name,
             r.kept,
             r.unit,
             s.tz
            FROM (lastgood.schedule s
              CROSS JOIN LATERAL ( VALUES (1,'last'::text,s.keep_last,NULL::text), (2,'hourly'::text,s.keep_hourly,'hour'::text), (3,'daily'::text,s.keep_daily,'day'::text), (4,'weekly'::text,s.keep_weekly,'week'::text), (5,'monthly'::text,s.keep_monthly,'month'::text), (6,'yearly'::text,s.keep_yearly,'year'::text)) r(place, name, kept, unit))
           WHERE ((s.schedule_id = retention_slots.p_schedule_id) AND (r.kept IS NOT NULL))
         ), ranked AS (
          SELECT o.backup_id,
             o.ended_at,
             o.class,
             r.place,
             r.name,
             r.kept,
             row_number() OVER (PARTITION BY r.place, (date_trunc(r.unit, o.started_at, r.tz)),
                 CASE
                     WHEN (r.unit IS NULL) THEN o.backup_id
                     ELSE NULL::bigint
                 END ORDER BY o.class, o.ended_at DESC, o.backup_id DESC) AS in_period
            FROM (own o
              CROSS JOIN rule r)
         ), slot AS (
          SELECT n.backup_id,
             n.place,
             n.name,
             n.kept,
             n.in_period,
             n.class,
             row_number() OVER (PARTITION BY n.place, (n.in_period = 1) ORDER BY n.class, n.ended_at DESC, n.backup_id DESC) AS slot,
             count(*) FILTER (WHERE (n.in_period = 1)) OVER (PARTITION BY n.place) AS periods,
             row_number() OVER (PARTITION BY n.place ORDER BY n.class, n.ended_at, n.backup_id) AS age
            FROM ranked n
         )
  SELECT s.backup_id,
     s.place,
         CASE
             WHEN (s.in_period = 1) THEN format('%s %s of %s'::text, s.name, s.slot, s.kept)
             ELSE format('oldest, with %s at %s of %s'::text, s.name, s.periods, s.kept)
         END AS format
    FROM slot s
   WHERE (((s.in_period = 1) AND (s.slot <= s.kept)) OR ((s.in_period > 1) AND (s.age = 1) AND (s.class = 0) AND (s.periods < s.kept)))
 UNION ALL
  SELECT p.backup_id,
     7,
     format('proven %s of %s'::text, p.slot, p.keep_proven) AS format
    FROM ( SELECT o.backup_id,
             s.keep_proven,
             row_number() OVER (ORDER BY o.ended_at DESC, o.backup_id DESC) AS slot
            FROM (own o
              JOIN lastgood.schedule s ON ((s.schedule_id = retention_slots.p_schedule_id)))
           WHERE o.is_proven) p
   WHERE (p.slot <= p.keep_proven);
END;

--
-- Name: FUNCTION retention_slots(p_schedule_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.retention_slots(p_schedule_id bigint) IS 'Which backups of a schedule have a slot by its keep_* settings, and which.';

--
-- Name: retention_plan(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.retention_plan(p_schedule_id bigint) RETURNS TABLE(backup_id bigint, name text, ended_at timestamp with time zone, is_kept boolean, reason text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    BEGIN ATOMIC
 WITH RECURSIVE direct AS MATERIALIZED (
          SELECT s.backup_id,
             s.place,
             s.reason
            FROM lastgood.retention_slots(retention_plan.p_schedule_id) s(backup_id, place, reason)
         UNION ALL
          SELECT n.backup_id,
             n.place,
             n.reason
            FROM lastgood.retention_needs(retention_plan.p_schedule_id) n(backup_id, place, reason)
         ), base(backup_id, child) AS (
          SELECT b_1.parent_id,
             b_1.name
            FROM lastgood.backup b_1
           WHERE (b_1.backup_id IN ( SELECT d.backup_id
                    FROM direct d))
         UNION
          SELECT b_1.parent_id,
             b_1.name
            FROM (base
              JOIN lastgood.backup b_1 ON ((b_1.backup_id = base.backup_id)))
         ), kept AS (
          SELECT r.backup_id,
             string_agg(r.reason, '; '::text ORDER BY r.place, r.reason) AS reason
            FROM ( SELECT d.backup_id,
                     d.place,
                     d.reason
                    FROM direct d
                 UNION
                  SELECT base.backup_id,
                     14,
                     format('the base of "%s"'::text, base.child) AS format
                    FROM base) r
           GROUP BY r.backup_id
         )
  SELECT b.backup_id,
     b.name,
     b.ended_at,
     ((b.state = 'RUNNING'::text) OR ((k.reason IS NOT NULL) AND (b.state = ANY (ARRAY['COMPLETE'::text, 'PARTIAL'::text])))),
         CASE b.state
             WHEN 'RUNNING'::text THEN 'is running'::text
             WHEN 'DELETING'::text THEN 'is being deleted'::text
             WHEN 'DELETE_FAILED'::text THEN ('could not be deleted'::text || COALESCE((': '::text || ( SELECT string_agg(c.reason, '; '::text ORDER BY c.backup_copy_id) AS string_agg
                FROM lastgood.backup_copy c
               WHERE ((c.backup_id = b.backup_id) AND (c.state = 'DELETE_FAILED'::text)))), ''::text))
             ELSE COALESCE(k.reason, 'beyond what is kept'::text)
         END AS "coalesce"
    FROM (lastgood.backup b
      LEFT JOIN kept k ON ((k.backup_id = b.backup_id)))
   WHERE ((b.schedule_id = retention_plan.p_schedule_id) AND (b.state = ANY (ARRAY['RUNNING'::text, 'COMPLETE'::text, 'PARTIAL'::text, 'DELETING'::text, 'DELETE_FAILED'::text])))
   ORDER BY b.ended_at DESC, b.backup_id DESC;
END;

--
-- Name: FUNCTION retention_plan(p_schedule_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.retention_plan(p_schedule_id bigint) IS 'Every backup of a schedule that has bytes, whether it is kept, and why.';

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
-- Name: retry_at(bigint, integer); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.retry_at(p_schedule_id bigint, p_attempt integer) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  c_longest constant interval := interval '1 day';
  v_backoff interval;
begin
  select s.backoff
  into v_backoff
  from lastgood.schedule as s
  where s.schedule_id = p_schedule_id and s.is_enabled and s.deleted_at is null
    and p_attempt <= s.retries
  for share;
  if not found then
    return null;
  end if;
  return clock_timestamp() + least(
    least(v_backoff, c_longest) * power(2, least(p_attempt - 1, 20)), c_longest
  );
end;
$$;

--
-- Name: FUNCTION retry_at(p_schedule_id bigint, p_attempt integer); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.retry_at(p_schedule_id bigint, p_attempt integer) IS 'When an execution that failed is tried again, or null.';

--
-- Name: revive_backups(jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.revive_backups(p_found jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_running text;
  v_revived jsonb;
begin
  -- Waits for what ends one or deletes it.
  perform
  from lastgood.backup as b
  join jsonb_to_recordset(p_found) as f(backup_id bigint) on f.backup_id = b.backup_id
  where b.state not in ('COMPLETE', 'PARTIAL')
  order by b.backup_id
  for no key update of b;
  select b.name, r.revived
  into v_running, v_revived
  from (
    select coalesce(jsonb_agg(jsonb_build_object(
      'backup_id', b.backup_id, 'backup', b.name, 'was', b.state
    ) order by b.backup_id), '[]') as revived,
      min(b.backup_id) filter (where b.state = 'RUNNING') as running_id
    from lastgood.backup as b
    join jsonb_to_recordset(p_found) as f(backup_id bigint, state text)
      on f.backup_id = b.backup_id
    where b.state not in ('COMPLETE', 'PARTIAL') and (b.state <> 'FAILED' or f.state = 'COMPLETE')
  ) as r
  left join lastgood.backup as b on b.backup_id = r.running_id;
  if v_running is not null then
    raise exception 'backup "%" is running, and lies there whole', v_running
      using errcode = 'LG039', hint = 'Wait for its end, or stop it; then attach the place again.';
  end if;
  update lastgood.backup as b
  set state = case f.missing when 0 then 'COMPLETE' else 'PARTIAL' end,
    ended_at = f.ended_at, size_bytes = f.size_bytes, entries = f.entries, groups = f.groups,
    reason = lastgood.missing_text(f.missing), missing = '[]', items_known = false,
    deleted_at = null, attached_at = clock_timestamp(),
    ended_event = case when exists (
      select
      from lastgood.audit_log as a
      where a.event_id = b.ended_event and a.log_type = 9025
    ) then b.ended_event else gen_random_uuid() end
  from jsonb_to_recordset(p_found) as f(
    backup_id bigint, ended_at timestamptz, size_bytes bigint, entries bigint, missing bigint,
    groups text[], state text
  )
  where b.backup_id = f.backup_id and b.state not in ('COMPLETE', 'PARTIAL')
    and (b.state <> 'FAILED' or f.state = 'COMPLETE');
  perform lastgood.tell_of_backup(
    9134, r.backup_id, session_user, 'attached', 'it was ' || r.was || ' here, and lies there'
  )
  from jsonb_to_recordset(v_revived) as r(backup_id bigint, was text);
  return v_revived;
end;
$$;

--
-- Name: FUNCTION revive_backups(p_found jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.revive_backups(p_found jsonb) IS 'Makes backups good again that are none here and were found whole; returns them.';

--
-- Name: run_schedule(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.run_schedule(p_schedule_id bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_schedule lastgood.schedule := lastgood.lock_schedule(p_schedule_id);
begin
  return lastgood.queue_slot(
    p_schedule_id, null, false, lastgood.overlap_reason(v_schedule, false)
  );
end;
$$;

--
-- Name: FUNCTION run_schedule(p_schedule_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.run_schedule(p_schedule_id bigint) IS 'Queues a run of a schedule now; returns its execution, which is SKIPPED beside another one.';

--
-- Name: schedule_changed(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.schedule_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_is_new boolean     := tg_op = 'INSERT';
  v_is_on  boolean     := new.is_enabled and new.deleted_at is null
    and (new.max_runs is null or new.runs < new.max_runs);
  v_next   timestamptz;
  v_ending text        := case
    when v_is_new then null
    when old.deleted_at is null and new.deleted_at is not null then 'the schedule was deleted'
    when old.is_enabled and not new.is_enabled then 'the schedule was disabled'
  end;
begin
  if not v_is_new then
    new.updated_at := clock_timestamp();
    if new.source_id <> old.source_id then
      raise exception 'schedule "%" stays with its source', old.name
        using errcode = 'LG073', hint = 'Its backups are of that one. Add a schedule of the other'
          ' source, and delete this one.';
    end if;
  end if;
  if v_is_new or new.name is distinct from old.name then
    perform lastgood.check_name(new.name);
  end if;
  if v_is_new or new.tz is distinct from old.tz then
    new.tz := lastgood.check_time_zone(new.tz);
  end if;
  if (new.source_id, new.kind, new.parent_id, new.max_chain, new.providers)
    is distinct from (old.source_id, old.kind, old.parent_id, old.max_chain, old.providers)
  then
    perform lastgood.check_schedule(new);
  end if;
  if (new.pattern, new.tz, new.first_at, new.until_at, new.max_runs, new.is_enabled, new.deleted_at)
    is not distinct from (
      old.pattern, old.tz, old.first_at, old.until_at, old.max_runs, old.is_enabled, old.deleted_at
    )
  then
    return new;
  end if;
  if v_is_new
    or (new.first_at, new.until_at) is distinct from (old.first_at, old.until_at)
  then
    perform lastgood.check_schedule_times(new);
  end if;
  if not v_is_new and old.is_enabled and old.deleted_at is null then
    perform lastgood.miss_due(old, coalesce(v_ending, 'the schedule was changed'));
  end if;
  if v_ending is not null then
    perform lastgood.cancel_waiting(new.schedule_id, v_ending);
  end if;
  if v_is_on or (new.pattern, new.tz) is distinct from (old.pattern, old.tz) then
    v_next := lastgood.next_run(new.pattern, new.tz, greatest(
      lastgood.clock(), new.first_at - interval '1 microsecond'
    ));
    if v_next is null then
      raise exception 'the pattern "%" never matches', new.pattern
        using errcode = 'LG072', hint = 'There is no such day: look at day of month and month.';
    end if;
  end if;
  new.next_run_at := case when v_is_on and (v_next > new.until_at) is not true then v_next end;
  if v_is_new and v_is_on and new.next_run_at is null then
    raise exception 'the schedule would never run: it ends at %, before its first run at %',
        new.until_at at time zone 'UTC' || ' UTC', v_next at time zone 'UTC' || ' UTC'
      using errcode = 'LG072', hint = 'Let it end later: until_at.';
  end if;
  return new;
end;
$$;

--
-- Name: FUNCTION schedule_changed(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.schedule_changed() IS 'The trigger that checks schedules and tells when they run next.';

--
-- Name: schedule_notes(text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.schedule_notes(p_fqdn text, p_scope text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return (
    select string_agg(noted.note, '; ' order by noted.name, noted.schedule_id)
    from (
      select
        c.schedule_id,
        c.name,
        case
          when not c.is_enabled then format('its schedule %s is disabled', c.name)
          when recent.failures = 1 then format('the last run of schedule %s failed', c.name)
          when recent.failures > 1
            then format('the last %s runs of schedule %s failed', recent.failures, c.name)
          when c.next_run_at is null then format('its schedule %s has ended', c.name)
          when not recent.has_run then format('its schedule %s never ran', c.name)
        end as note
      from lastgood.system as y
      join lastgood.source as s on s.system_id = y.system_id
      join lastgood.schedule as c on c.source_id = s.source_id
      cross join lateral (
        select
          count(*) filter (where run.failed_in_a_row) as failures,
          count(*) > 0 or exists (
            select
            from lastgood.execution as e
            where e.schedule_id = c.schedule_id
              and e.state in ('QUEUED', 'RUNNING') and e.state = 'RUNNING'
          ) as has_run
        from (
          select bool_and(e.state <> 'SUCCESS')
              over (order by coalesce(e.slot_at, e.queued_at) desc, e.execution_id desc)
              as failed_in_a_row
          from lastgood.execution as e
          where e.schedule_id = c.schedule_id
            and e.state in ('SUCCESS', 'PARTIAL', 'ERROR', 'INTERRUPTED')
          order by coalesce(e.slot_at, e.queued_at) desc, e.execution_id desc
          limit (select setting.failing_after from lastgood.setting)
        ) as run
      ) as recent
      where y.fqdn = p_fqdn and s.scope = p_scope
        and s.deleted_at is null and c.deleted_at is null
    ) as noted
  );
end;
$$;

--
-- Name: FUNCTION schedule_notes(p_fqdn text, p_scope text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.schedule_notes(p_fqdn text, p_scope text) IS 'What an alert says of the schedules of a scope; null where nothing is wrong with them.';

--
-- Name: schedule_value_hint(text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.schedule_value_hint(p_column text) RETURNS text
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN (p_column = ANY (ARRAY['first_at'::text, 'until_at'::text])) THEN 'Write a time as 2030-01-31T08:00:00Z, or none.'::text
             WHEN (p_column = 'timeout'::text) THEN 'Give an interval such as 90 minutes, 1h or 2 days, or none.'::text
             WHEN (p_column = 'backoff'::text) THEN 'Give an interval such as 1 minute or 1h; not none.'::text
             WHEN (p_column = 'grace'::text) THEN 'Give an interval such as 30 minutes, 2h or 0; not none.'::text
             WHEN (p_column = 'max_chain'::text) THEN 'Give a whole number from 2 to 10000, or none.'::text
             WHEN (p_column = 'retries'::text) THEN 'Give a whole number from 0 to 100.'::text
             WHEN (p_column = 'missed_cap'::text) THEN 'Give a whole number from 1 to 1000.'::text
             WHEN (p_column = 'keep_proven'::text) THEN 'Give a whole number of 1 or more.'::text
             WHEN ((p_column = 'max_runs'::text) OR (p_column ~~ 'keep%'::text)) THEN 'Give a whole number of 1 or more, or none.'::text
             WHEN (p_column = 'overlap'::text) THEN 'It is skip or queue.'::text
             WHEN (p_column = 'missed'::text) THEN 'It is skip, once or all.'::text
             WHEN (p_column = 'on_missing_parent'::text) THEN 'It is full or fail.'::text
             WHEN (p_column = 'kind'::text) THEN 'It is full or incremental.'::text
             WHEN (p_column = 'parent_id'::text) THEN 'Give the id of a backup, for incremental ones alone.'::text
             WHEN (p_column = 'providers'::text) THEN 'Give a list of names.'::text
             WHEN (p_column = 'is_enabled'::text) THEN 'It is true or false.'::text
             ELSE 'Give a text; not none.'::text
         END AS "case";
END;

--
-- Name: FUNCTION schedule_value_hint(p_column text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.schedule_value_hint(p_column text) IS 'What a setting of a schedule may be, for people.';

--
-- Name: schedule_warnings(text, text, bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.schedule_warnings(p_pattern text, p_tz text DEFAULT 'UTC'::text, p_source_id bigint DEFAULT NULL::bigint) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_tz    text   := lastgood.check_time_zone(p_tz);
  v_cron  record := lastgood.parse_cron(p_pattern);
  v_least interval;
  v_usual interval;
begin
  if v_cron.picks_days and not v_cron.picks_weekdays and exists (
    select
    from unnest(v_cron.months) as m(month)
    where v_cron.days[1] > extract(day from make_date(2023, m.month, 1) + interval '1 month -1 day')
  ) then
    return next format(
      'it skips months, or years, that have no day %s', array_to_string(v_cron.days, ', ')
    );
  end if;
  return query
  select w.text from lastgood.gap_warnings(p_pattern, v_tz) as w(text);
  select min(r.run - r.before)
  into v_least
  from (
    select p.run, lag(p.run) over (order by p.run) as before
    from lastgood.preview_runs(p_pattern, v_tz, null, 20) as p(run)
  ) as r;
  select percentile_cont(0.5) within group (order by b.ended_at - b.started_at)
  into v_usual
  from (
    select n.ended_at, n.started_at
    from lastgood.backup as n
    where n.source_id = p_source_id and n.state = 'COMPLETE' and n.attached_at is null
    order by n.backup_id desc
    limit 10
  ) as b;
  if v_usual > v_least then
    return next format(
      'it runs every %s, and a backup of this source takes %s as a rule', v_least,
      date_trunc('second', v_usual)
    );
  end if;
end;
$$;

--
-- Name: FUNCTION schedule_warnings(p_pattern text, p_tz text, p_source_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.schedule_warnings(p_pattern text, p_tz text, p_source_id bigint) IS 'What people should know of a cron pattern: days that months lack, skipped times, haste.';

--
-- Name: schedules_to_expire(); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.schedules_to_expire() RETURNS SETOF bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    BEGIN ATOMIC
 WITH there AS MATERIALIZED (
          SELECT b.schedule_id,
             b.backup_id
            FROM ((lastgood.provider p
              JOIN lastgood.backup_copy c ON (((c.provider_id = p.provider_id) AND (c.state <> 'DELETED'::text))))
              JOIN lastgood.backup b ON ((b.backup_id = c.backup_id)))
           WHERE ((num_nonnulls(p.max_backups, p.max_bytes) > 0) AND (lastgood.quota_reached(p.provider_id) IS NOT NULL))
         )
  SELECT s.schedule_id
    FROM lastgood.schedule s
   WHERE ((s.deleted_at IS NULL) AND (s.schedule_id IN ( SELECT t.schedule_id
            FROM there t)) AND (EXISTS ( SELECT
            FROM (lastgood.retention_plan(s.schedule_id) r(backup_id, name, ended_at, is_kept, reason)
              JOIN there t ON ((t.backup_id = r.backup_id)))
           WHERE (NOT r.is_kept))))
   ORDER BY s.schedule_id;
END;

--
-- Name: FUNCTION schedules_to_expire(); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.schedules_to_expire() IS 'Schedules that hold more than they keep at a provider that is full.';

--
-- Name: seal_backup(bigint, uuid, bigint, bigint, jsonb, text[], jsonb, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.seal_backup(p_backup_id bigint, p_token uuid, p_size_bytes bigint, p_entries bigint, p_missing jsonb DEFAULT '[]'::jsonb, p_not_collected text[] DEFAULT '{}'::text[], p_versions jsonb DEFAULT '{}'::jsonb, p_groups text[] DEFAULT '{}'::text[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_missing   jsonb := coalesce(p_missing, '[]');
  v_uncovered jsonb;
  v_places    text;
  v_state     text;
  v_reason    text;
begin
  perform lastgood.own_backup(p_backup_id, p_token);
  v_uncovered := lastgood.uncovered_groups(p_backup_id, p_groups);
  v_missing := v_missing || case v_uncovered
    when '[]' then lastgood.lost_entries(p_backup_id, p_entries + jsonb_array_length(v_missing))
    else v_uncovered
  end;
  update lastgood.backup as b
  set size_bytes = p_size_bytes, entries = p_entries, missing = v_missing,
    not_collected = coalesce(p_not_collected, '{}'), versions = coalesce(p_versions, '{}'),
    groups = coalesce(p_groups, '{}')
  where b.backup_id = p_backup_id;
  select string_agg(p.name, ', ' order by p.name)
  into v_places
  from lastgood.backup_copy as c
  join lastgood.provider as p on p.provider_id = c.provider_id
  where c.backup_id = p_backup_id and c.state = 'COMPLETE';
  if v_places is null then
    v_state := 'FAILED';
    v_reason := 'no copy was completed';
  elsif v_missing <> '[]' then
    v_state := 'PARTIAL';
    v_reason := format(
      '%s could not be read, such as %s: %s', jsonb_array_length(v_missing),
      v_missing -> 0 ->> 'path', v_missing -> 0 ->> 'reason'
    );
  else
    v_state := 'COMPLETE';
  end if;
  perform lastgood.end_backup(p_backup_id, v_state, v_reason, concat(
    format(
      'Backup of %s in %s entries', coalesce(pg_size_pretty(p_size_bytes), 'unknown size'),
      coalesce(p_entries::text, 'an unknown number of')
    ),
    ', kept at ' || v_places, ': ' || v_reason, '.'
  ));
  return v_state;
end;
$$;

--
-- Name: FUNCTION seal_backup(p_backup_id bigint, p_token uuid, p_size_bytes bigint, p_entries bigint, p_missing jsonb, p_not_collected text[], p_versions jsonb, p_groups text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.seal_backup(p_backup_id bigint, p_token uuid, p_size_bytes bigint, p_entries bigint, p_missing jsonb, p_not_collected text[], p_versions jsonb, p_groups text[]) IS 'Ends a backup by what was stored of it, and reports it; returns its state.';

--
-- Name: seal_copy(bigint, uuid, text, text, bigint, bigint, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.seal_copy(p_backup_copy_id bigint, p_token uuid, p_manifest_key text, p_manifest_sha256 text, p_manifest_size bigint, p_stored_bytes bigint, p_packs jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_name text;
begin
  perform lastgood.own_copy(p_backup_copy_id, p_token);
  perform lastgood.settle_packs(p_backup_copy_id, coalesce(p_packs, '[]'));
  select k.name
  into v_name
  from lastgood.backup_copy_pack as u
  join lastgood.pack as k on k.pack_id = u.pack_id
  where u.backup_copy_id = p_backup_copy_id and k.suspected_at is not null
  order by k.pack_id
  limit 1
  for share of k;
  if found then
    raise exception 'pack "%" was found in a bad copy while this one was written', v_name
      using errcode = 'LG036', hint = 'Make the backup again: it stores that content anew.';
  end if;
  update lastgood.backup_copy as c
  set state = 'COMPLETE', manifest_key = p_manifest_key, manifest_sha256 = p_manifest_sha256,
    manifest_size = p_manifest_size, stored_bytes = p_stored_bytes, proof_level = 2,
    proven_at = clock_timestamp(), last_result = 'ok', last_checked_at = clock_timestamp(),
    is_begun = true
  where c.backup_copy_id = p_backup_copy_id;
end;
$$;

--
-- Name: FUNCTION seal_copy(p_backup_copy_id bigint, p_token uuid, p_manifest_key text, p_manifest_sha256 text, p_manifest_size bigint, p_stored_bytes bigint, p_packs jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.seal_copy(p_backup_copy_id bigint, p_token uuid, p_manifest_key text, p_manifest_sha256 text, p_manifest_size bigint, p_stored_bytes bigint, p_packs jsonb) IS 'Makes a copy COMPLETE that was read back, with its manifest and the packs that it uses.';

--
-- Name: second_run(text, text, timestamp with time zone); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.second_run(p_pattern text, p_tz text, p_after timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE STRICT
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return lastgood.next_run(p_pattern, p_tz, lastgood.next_run(p_pattern, p_tz, p_after));
exception
  when sqlstate 'LG070' then
    return null;
end;
$$;

--
-- Name: FUNCTION second_run(p_pattern text, p_tz text, p_after timestamp with time zone); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.second_run(p_pattern text, p_tz text, p_after timestamp with time zone) IS 'The second run of a cron pattern after a moment; null for never, and for what cannot be read.';

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
-- Name: set_provider_limits(text, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.set_provider_limits(p_name text, p_limits jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_provider_id bigint := lastgood.find_provider(p_name);
begin
  perform lastgood.check_limits(p_limits, array['max_running', 'max_backups', 'max_bytes']);
  update lastgood.provider as p
  set max_running = case when p_limits ? 'max_running'
      then (p_limits ->> 'max_running')::integer else p.max_running end,
    max_backups = case when p_limits ? 'max_backups'
      then (p_limits ->> 'max_backups')::integer else p.max_backups end,
    max_bytes = case when p_limits ? 'max_bytes'
      then (p_limits ->> 'max_bytes')::bigint else p.max_bytes end
  where p.provider_id = v_provider_id;
  perform lastgood.add_audit_event(9133, format(
    '%s changed limits of provider "%s": %s.', session_user, p_name, lastgood.limits_text(p_limits)
  ));
end;
$$;

--
-- Name: FUNCTION set_provider_limits(p_name text, p_limits jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.set_provider_limits(p_name text, p_limits jsonb) IS 'Changes how many backups run and lie at a provider, and how many bytes; null is no limit.';

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
-- Name: set_schedule(bigint, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.set_schedule(p_schedule_id bigint, p_changes jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  perform lastgood.lock_schedule(p_schedule_id);
  perform lastgood.check_schedule_keys(p_changes);
  if p_changes = '{}' then
    return;
  end if;
  -- A long backlog is taken in parts.
  while lastgood.plan_schedule(p_schedule_id) > 0 loop
  end loop;
  perform lastgood.write_schedule(p_schedule_id, p_changes);
  perform lastgood.tell_of_schedule(9141, p_schedule_id, session_user, 'changed', (
    select string_agg(c.name || ' = ' || coalesce(c.value #>> '{}', 'none'), ', ' order by c.name)
    from jsonb_each(p_changes) as c(name, value)
  ));
end;
$$;

--
-- Name: FUNCTION set_schedule(p_schedule_id bigint, p_changes jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.set_schedule(p_schedule_id bigint, p_changes jsonb) IS 'Changes settings of a schedule from a document whose keys are its columns.';

--
-- Name: set_source_limits(text, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.set_source_limits(p_name text, p_limits jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_source_id bigint := lastgood.find_source(p_name);
begin
  perform lastgood.check_limits(p_limits, array['labels', 'max_running']);
  update lastgood.source as s
  set labels = case when p_limits ? 'labels' then lastgood.check_labels(array(
      select jsonb_array_elements_text(coalesce(nullif(p_limits -> 'labels', 'null'), '[]'))
    )) else s.labels end,
    max_running = case when p_limits ? 'max_running'
      then coalesce((p_limits ->> 'max_running')::integer, 1) else s.max_running end
  where s.source_id = v_source_id;
  perform lastgood.add_audit_event(9130, format(
    '%s changed limits of source "%s": %s.', session_user, p_name, lastgood.limits_text(p_limits)
  ), y.fqdn, s.scope)
  from lastgood.source as s
  join lastgood.system as y on y.system_id = s.system_id
  where s.source_id = v_source_id;
end;
$$;

--
-- Name: FUNCTION set_source_limits(p_name text, p_limits jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.set_source_limits(p_name text, p_limits jsonb) IS 'Changes the labels of a source and how many of its backups may run at once.';

--
-- Name: set_source_settings(text, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.set_source_settings(p_name text, p_settings jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_source_id bigint := lastgood.find_source(p_name);
  v_old       jsonb;
begin
  perform lastgood.check_settings(p_settings);
  select s.settings
  into v_old
  from lastgood.source as s
  where s.source_id = v_source_id
  for no key update;
  update lastgood.source as s
  set settings = p_settings
  where s.source_id = v_source_id;
  perform lastgood.add_audit_event(9130, format(
    '%s changed settings of source "%s": %s.', session_user, p_name, (
      select coalesce(string_agg(k.key, ', ' order by k.key), 'none')
      from (
        select jsonb_object_keys(v_old || p_settings)
      ) as k(key)
      where v_old -> k.key is distinct from p_settings -> k.key
    )
  ), y.fqdn, s.scope)
  from lastgood.source as s
  join lastgood.system as y on y.system_id = s.system_id
  where s.source_id = v_source_id;
end;
$$;

--
-- Name: FUNCTION set_source_settings(p_name text, p_settings jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.set_source_settings(p_name text, p_settings jsonb) IS 'Gives a source other settings.';

--
-- Name: settings_text(jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.settings_text(p_settings jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT string_agg(format('%s=%s'::text, s.key, regexp_replace("left"(s.value, 200), '[[:cntrl:]]'::text, '?'::text, 'g'::text)), ', '::text ORDER BY s.key) AS string_agg
    FROM jsonb_each_text(settings_text.p_settings) s(key, value);
END;

--
-- Name: FUNCTION settings_text(p_settings jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.settings_text(p_settings jsonb) IS 'Settings as key=value, with commas between them; null for none.';

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
-- Name: settle_alerts_of(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.settle_alerts_of(p_provider_id bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform lastgood.settle_live_alerts(array(
    select distinct y.fqdn
    from lastgood.backup_copy as c
    join lastgood.backup as b on b.backup_id = c.backup_id
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where c.provider_id = p_provider_id
  ));
  perform lastgood.settle_live_alerts(null);
end;
$$;

--
-- Name: FUNCTION settle_alerts_of(p_provider_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.settle_alerts_of(p_provider_id bigint) IS 'Settles the alerts of the systems of which copies lie at a provider, and the general ones.';

--
-- Name: settle_delete(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.settle_delete(p_backup_id bigint) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_state text;
begin
  update lastgood.backup as b
  set state = left_over.state,
    deleted_at = case left_over.state when 'DELETED' then clock_timestamp() end
  from (
    select case when count(*) = 0 then 'DELETED' else 'DELETE_FAILED' end as state
    from lastgood.backup_copy as c
    where c.backup_id = p_backup_id and c.state <> 'DELETED'
    having bool_and(c.state = 'DELETE_FAILED') is not false
  ) as left_over
  where b.backup_id = p_backup_id and b.state in ('DELETING', 'DELETE_FAILED')
    and b.state <> left_over.state
  returning b.state
  into v_state;
  if v_state is not null then
    perform lastgood.tell_of_backup(
      case v_state when 'DELETED' then 9123 else 9124 end, p_backup_id, session_user,
      case v_state when 'DELETED' then 'deleted' else 'could not delete' end
    );
  end if;
  select b.state
  into v_state
  from lastgood.backup as b
  where b.backup_id = p_backup_id;
  return v_state;
end;
$$;

--
-- Name: FUNCTION settle_delete(p_backup_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.settle_delete(p_backup_id bigint) IS 'Ends the deletion of a backup once each of its copies is gone or could not be removed.';

--
-- Name: settle_live_alerts(text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.settle_live_alerts(p_fqdns text[]) RETURNS TABLE(fqdn text, change text, log_type_name text, audit_log_id bigint, message text)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
begin
  return query
  with wanted as materialized (
    select m.fqdn, t.log_type, t.log_type_name, t.severity, m.message
    from (
      select s.fqdn, s.log_type_name, s.message
      from lastgood.alert_messages(p_fqdns) as s
      union all
      select null::text as fqdn, g.log_type_name, g.message
      from lastgood.general_alert_messages() as g
      where p_fqdns is null
    ) as m
    join lastgood.event_type as t on t.log_type_name = m.log_type_name
  ), live as materialized (
    select a.audit_log_id, a.fqdn, a.log_type
    from lastgood.audit_log as a
    where a.severity = 10 and not a.deleted and a.fqdn = any (p_fqdns)
    union all
    select a.audit_log_id, a.fqdn, a.log_type
    from lastgood.audit_log as a
    where a.severity = 10 and not a.deleted and a.fqdn is null and p_fqdns is null
  ), ours as materialized (
    select a.audit_log_id, a.fqdn, a.log_type
    from lastgood.audit_log as a
    where a.audit_log_id in (select l.audit_log_id from live as l) and not a.deleted
    for no key update skip locked
  ), taken as materialized (
    select l.fqdn
    from live as l
    where l.fqdn is not null and l.audit_log_id not in (select o.audit_log_id from ours as o)
  ), ended as (
    -- No alias: minor versions of PostgreSQL write it differently, and functions_hash would change.
    update lastgood.audit_log
    set deleted = true, ended_at = lastgood.clock()
    from ours as o
    where audit_log.audit_log_id = o.audit_log_id
      and not exists (
        select
        from wanted as w
        where w.fqdn is not distinct from o.fqdn and w.log_type = o.log_type
      )
    returning audit_log.fqdn, audit_log.log_type_name, audit_log.audit_log_id, audit_log.message
  ), refreshed as (
    -- Once a minute is enough where the text is the same.
    update lastgood.audit_log
    set message = w.message, last_seen_at = lastgood.clock()
    from ours as o
    join wanted as w on w.fqdn is not distinct from o.fqdn and w.log_type = o.log_type
    where audit_log.audit_log_id = o.audit_log_id
      and (
        audit_log.message <> w.message
        or audit_log.last_seen_at < lastgood.clock() - interval '1 minute'
      )
  ), raised as (
    insert into lastgood.audit_log
      (log_time, log_type, log_type_name, severity, message, fqdn, last_seen_at)
    select
      lastgood.clock(), w.log_type, w.log_type_name, w.severity, w.message, w.fqdn, lastgood.clock()
    from wanted as w
    where not exists (select from taken as t where t.fqdn = w.fqdn)
      and not exists (
        select
        from live as l
        where l.fqdn is not distinct from w.fqdn and l.log_type = w.log_type
      )
    on conflict do nothing
    returning audit_log.fqdn, audit_log.log_type_name, audit_log.audit_log_id, audit_log.message
  )
  select e.fqdn, 'ended' as change, e.log_type_name, e.audit_log_id, e.message
  from ended as e
  union all
  select r.fqdn, 'raised' as change, r.log_type_name, r.audit_log_id, r.message
  from raised as r;
end;
$$;

--
-- Name: FUNCTION settle_live_alerts(p_fqdns text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.settle_live_alerts(p_fqdns text[]) IS 'Raises, refreshes and ends the alerts of these systems, with null the general ones.';

--
-- Name: settle_packs(bigint, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.settle_packs(p_backup_copy_id bigint, p_packs jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_name text;
begin
  select given.name
  into v_name
  from jsonb_to_recordset(p_packs) as given(name text)
  where not exists (
    select
    from lastgood.backup_copy_pack as u
    join lastgood.pack as k on k.pack_id = u.pack_id
    where u.backup_copy_id = p_backup_copy_id and k.name = given.name and k.state = 'COMPLETE'
  )
  limit 1;
  if found then
    raise exception 'pack "%" is not complete, or not of copy %', v_name, p_backup_copy_id
      using errcode = 'LG036', hint = 'Complete every pack, or name it with use_packs, before.';
  end if;
  delete from lastgood.backup_copy_pack as u
  using lastgood.pack as k
  where u.backup_copy_id = p_backup_copy_id and k.pack_id = u.pack_id
    and k.name not in (select g.name from jsonb_to_recordset(p_packs) as g(name text));
  update lastgood.backup_copy_pack as u
  set used_bytes = coalesce(given.used, 0)
  from jsonb_to_recordset(p_packs) as given(name text, used bigint)
  join lastgood.pack as k on k.name = given.name
  where u.backup_copy_id = p_backup_copy_id and u.pack_id = k.pack_id;
end;
$$;

--
-- Name: FUNCTION settle_packs(p_backup_copy_id bigint, p_packs jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.settle_packs(p_backup_copy_id bigint, p_packs jsonb) IS 'Notes which packs a copy uses from now on, and how much of each.';

--
-- Name: spread_damage(bigint, text[], text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.spread_damage(p_backup_copy_id bigint, p_packs text[], p_state text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_hit record;
begin
  for v_hit in
    select other.backup_copy_id, y.fqdn, min(k.name) as pack
    from lastgood.backup_copy as mine
    join lastgood.pack as k on k.provider_id = mine.provider_id and k.name = any (p_packs)
    join lastgood.backup_copy_pack as u on u.pack_id = k.pack_id and u.used_bytes > 0
    join lastgood.backup_copy as other on other.backup_copy_id = u.backup_copy_id
    join lastgood.backup as b on b.backup_id = other.backup_id
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where mine.backup_copy_id = p_backup_copy_id and other.backup_copy_id <> p_backup_copy_id
      and other.state = 'COMPLETE' and b.state in ('COMPLETE', 'PARTIAL')
    group by other.backup_copy_id, y.fqdn
    order by other.backup_copy_id
  loop
    update lastgood.backup_copy
    set state = p_state, proof_level = 0, proven_at = null, last_checked_at = clock_timestamp(),
      last_result = lower(p_state),
      reason = format('pack %s, which it shares, is %s', v_hit.pack, lower(p_state))
    where backup_copy_id = v_hit.backup_copy_id and state = 'COMPLETE';
    perform lastgood.follow_verification(v_hit.backup_copy_id, 'COMPLETE', v_hit.fqdn);
  end loop;
end;
$$;

--
-- Name: FUNCTION spread_damage(p_backup_copy_id bigint, p_packs text[], p_state text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.spread_damage(p_backup_copy_id bigint, p_packs text[], p_state text) IS 'Marks every other copy that uses a pack which was found corrupt or missing.';

--
-- Name: stale_manifests(bigint, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.stale_manifests(p_provider_id bigint, p_keys text[]) RETURNS text[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $_$
declare
  v_keys text[];
begin
  perform lastgood.lock_provider(p_provider_id);
  select coalesce(array_agg(given.key order by given.key), '{}')
  into v_keys
  from unnest(p_keys) as given(key)
  join lastgood.backup as b on coalesce(b.origin_name, b.name) = case
    when given.key like 'manifests/repacked/%/%' then split_part(given.key, '/', 3)
    else regexp_replace(substr(given.key, length('manifests/') + 1), '\.manifest$', '')
  end
  join lastgood.backup_copy as c on c.backup_id = b.backup_id
  where c.provider_id = p_provider_id and c.state = 'COMPLETE' and c.manifest_key <> given.key
    and not exists (
      select
      from lastgood.backup_copy_pack as u
      where u.backup_copy_id = c.backup_copy_id and u.used_bytes is null
    );
  return v_keys;
end;
$_$;

--
-- Name: FUNCTION stale_manifests(p_provider_id bigint, p_keys text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.stale_manifests(p_provider_id bigint, p_keys text[]) IS 'Those of these manifests at a provider that a repack left and no copy names any more.';

--
-- Name: start_backup(text, text[], text, boolean, bigint, text, interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.start_backup(p_source text, p_providers text[] DEFAULT NULL::text[], p_name text DEFAULT NULL::text, p_is_incremental boolean DEFAULT false, p_parent_id bigint DEFAULT NULL::bigint, p_host text DEFAULT NULL::text, p_lease interval DEFAULT '00:01:00'::interval) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_source_id bigint   := lastgood.find_source(p_source);
  v_providers bigint[] := lastgood.choose_providers(p_providers, v_source_id);
begin
  return lastgood.begin_backup(
    v_source_id, v_providers, lastgood.choose_backup_name(p_source, p_name),
    coalesce(p_is_incremental, false), p_parent_id, null, p_host, p_lease
  );
end;
$$;

--
-- Name: FUNCTION start_backup(p_source text, p_providers text[], p_name text, p_is_incremental boolean, p_parent_id bigint, p_host text, p_lease interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.start_backup(p_source text, p_providers text[], p_name text, p_is_incremental boolean, p_parent_id bigint, p_host text, p_lease interval) IS 'Starts a backup and reports it; returns all that making it needs, its token too.';

--
-- Name: start_delete(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.start_delete(p_backup_id bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_backup_id bigint := lastgood.find_backup(p_backup_id::text);
  v_fqdn      text   := lastgood.lock_source_of(v_backup_id);
begin
  -- Waits for a backup that is being started on this one, and for a restore.
  perform from lastgood.backup as b where b.backup_id = v_backup_id for update;
  perform lastgood.check_deletable(v_backup_id);
  update lastgood.backup as b
  set state = 'DELETING'
  where b.backup_id = v_backup_id;
  update lastgood.backup_copy as c
  set state = 'DELETING'
  where c.backup_id = v_backup_id and c.state <> 'DELETED';
  perform lastgood.settle_delete(v_backup_id);
  perform lastgood.settle_live_alerts(array[v_fqdn]);
  return lastgood.describe_backup(v_backup_id)
    || jsonb_build_object('copies', lastgood.describe_copies(v_backup_id));
end;
$$;

--
-- Name: FUNCTION start_delete(p_backup_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.start_delete(p_backup_id bigint) IS 'Begins to delete a backup; returns it with the copies that are to be removed.';

--
-- Name: start_execution_backup(bigint, uuid, text, interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.start_execution_backup(p_execution_id bigint, p_token uuid, p_host text DEFAULT NULL::text, p_lease interval DEFAULT '00:01:00'::interval) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_execution lastgood.execution := lastgood.own_execution(p_execution_id, p_token);
  v_schedule  lastgood.schedule  := (
    select s
    from lastgood.schedule as s
    where s.schedule_id = v_execution.schedule_id
  );
  v_backup    jsonb;
begin
  if v_execution.backup_id is not null then
    -- Begun before, by a call whose answer got lost.
    perform lastgood.stop_backup(v_execution.backup_id, 'begun anew');
  end if;
  v_backup := lastgood.start_scheduled_backup(v_schedule, format(
    '%s-%s', v_schedule.name, to_char(
      coalesce(v_execution.slot_at, v_execution.queued_at) at time zone 'UTC',
      'YYYYMMDD"T"HH24MISS"Z"'
    )
  ), p_host, p_lease);
  update lastgood.execution as e
  set backup_id = (v_backup ->> 'backup_id')::bigint,
    reason = case
      when (v_backup ->> 'fell_back')::boolean then 'a full backup, for there was none to build on'
      when (v_backup ->> 'full_chain') is not null
        then format('a full backup, for the chain had %s backups', v_backup ->> 'full_chain')
    end
  where e.execution_id = p_execution_id;
  return v_backup;
end;
$$;

--
-- Name: FUNCTION start_execution_backup(p_execution_id bigint, p_token uuid, p_host text, p_lease interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.start_execution_backup(p_execution_id bigint, p_token uuid, p_host text, p_lease interval) IS 'Starts the backup of an execution; returns all that making it needs, its token too.';

--
-- Name: start_restore(bigint, bigint, text[], text, text, interval, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.start_restore(p_backup_id bigint, p_backup_copy_id bigint DEFAULT NULL::bigint, p_picked text[] DEFAULT '{}'::text[], p_target text DEFAULT ''::text, p_host text DEFAULT NULL::text, p_lease interval DEFAULT '00:01:00'::interval, p_provider text DEFAULT NULL::text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_backup_id  bigint := lastgood.find_backup(p_backup_id::text);
  v_copy_id    bigint;
  v_restore_id bigint;
  v_token      uuid;
begin
  -- Keeps it from being deleted meanwhile.
  perform from lastgood.backup as b where b.backup_id = v_backup_id for share;
  v_copy_id := lastgood.choose_restore_copy(v_backup_id, p_backup_copy_id, p_provider, '{}');
  if v_copy_id is null then
    raise exception 'backup % cannot be restored%', p_backup_id,
        coalesce(' from provider ' || p_provider, ' from copy ' || p_backup_copy_id, '')
      using errcode = 'LG049',
        hint = 'It must be COMPLETE or PARTIAL and have a COMPLETE copy; a CORRUPT one must be'
          ' named: lastgood backup show ' || p_backup_id;
  end if;
  insert into lastgood.restore (backup_id, backup_copy_id, picked, target, lease_until, host)
  values (
    v_backup_id, v_copy_id, coalesce(p_picked, '{}'), coalesce(p_target, ''),
    lastgood.lease_end(p_lease), p_host
  )
  returning restore_id, token
  into v_restore_id, v_token;
  return jsonb_build_object(
    'restore_id', v_restore_id,
    'token', v_token,
    'installation', (select i.installation_id from lastgood.installation as i),
    'copy', (
      select to_jsonb(c)
      from lastgood.copy_status as c
      where c.backup_copy_id = v_copy_id
    ),
    'backup', lastgood.describe_backup(v_backup_id),
    'source', (
      select jsonb_build_object(
        'source_id', s.source_id, 'name', s.name, 'type', s.type, 'settings', s.settings,
        'is_deleted', s.deleted_at is not null
      )
      from lastgood.backup as b
      join lastgood.source as s on s.source_id = b.source_id
      where b.backup_id = v_backup_id
    )
  );
end;
$$;

--
-- Name: FUNCTION start_restore(p_backup_id bigint, p_backup_copy_id bigint, p_picked text[], p_target text, p_host text, p_lease interval, p_provider text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.start_restore(p_backup_id bigint, p_backup_copy_id bigint, p_picked text[], p_target text, p_host text, p_lease interval, p_provider text) IS 'Starts a restore of a backup; returns all that it needs, its token too.';

--
-- Name: start_scheduled_backup(lastgood.schedule, text, text, interval); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.start_scheduled_backup(p_schedule lastgood.schedule, p_name text, p_host text, p_lease interval) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_name      text := lastgood.free_backup_name(p_name);
  v_providers bigint[];
  v_backup    jsonb;
begin
  perform
  from lastgood.source as s
  where s.source_id = p_schedule.source_id and s.deleted_at is null
  for key share;
  if not found then
    -- Another source may have its name by now.
    perform lastgood.find_source(format('%s, deleted', p_schedule.source_id));
  end if;
  v_providers := lastgood.choose_providers(p_schedule.providers, p_schedule.source_id);
  if p_schedule.parent_id is not null then
    begin
      return lastgood.begin_backup(
        p_schedule.source_id, v_providers, v_name, true, p_schedule.parent_id,
        p_schedule.schedule_id, p_host, p_lease
      );
    exception
      when sqlstate 'LG033' then
        if p_schedule.on_missing_parent = 'fail' then
          raise;
        end if;
    end;
  end if;
  v_backup := lastgood.begin_backup(
    p_schedule.source_id, v_providers, v_name,
    p_schedule.kind = 'incremental' and p_schedule.parent_id is null, null,
    p_schedule.schedule_id, p_host, p_lease
  );
  if (v_backup ->> 'fell_back')::boolean and p_schedule.on_missing_parent = 'fail' then
    raise exception 'there is no backup to build on'
      using errcode = 'LG033', hint = 'Make a full one, or let the schedule fall back to that.';
  end if;
  return v_backup || jsonb_build_object(
    'fell_back', (v_backup ->> 'fell_back')::boolean or p_schedule.parent_id is not null
  );
end;
$$;

--
-- Name: FUNCTION start_scheduled_backup(p_schedule lastgood.schedule, p_name text, p_host text, p_lease interval); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.start_scheduled_backup(p_schedule lastgood.schedule, p_name text, p_host text, p_lease interval) IS 'Starts a backup for a schedule, a full one where there is nothing to build on.';

--
-- Name: stop_backup(bigint, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.stop_backup(p_backup_id bigint, p_reason text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if p_backup_id is null then
    return null;
  end if;
  perform
  from lastgood.backup as b
  where b.backup_id = p_backup_id and b.state = 'RUNNING'
  for no key update;
  if found then
    perform lastgood.end_backup(
      p_backup_id, 'FAILED', p_reason, format('The backup failed: %s.', p_reason)
    );
    return 'FAILED';
  end if;
  return (
    select b.state
    from lastgood.backup as b
    where b.backup_id = p_backup_id
  );
end;
$$;

--
-- Name: FUNCTION stop_backup(p_backup_id bigint, p_reason text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.stop_backup(p_backup_id bigint, p_reason text) IS 'Fails the backup of an execution where it still runs; returns its state.';

--
-- Name: stray_backups(bigint, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.stray_backups(p_provider_id bigint, p_names text[]) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
begin
  perform lastgood.lock_provider(p_provider_id);
  return (
    select coalesce(
      jsonb_agg(jsonb_build_object('backup', b.name, 'layout', c.layout) order by b.name), '[]'
    )
    from lastgood.backup as b
    join lastgood.backup_copy as c on c.backup_id = b.backup_id
    where b.name = any (p_names) and b.origin is null and b.state = 'FAILED'
      and c.provider_id = p_provider_id and c.state = 'DELETED' and c.is_begun
      -- One that was made elsewhere may be called the same.
      and not exists (
        select
        from lastgood.backup as o
        join lastgood.backup_copy as k on k.backup_id = o.backup_id
        where o.origin_name = b.name and k.provider_id = p_provider_id and k.state <> 'DELETED'
      )
  );
end;
$$;

--
-- Name: FUNCTION stray_backups(p_provider_id bigint, p_names text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.stray_backups(p_provider_id bigint, p_names text[]) IS 'Those of these backups that failed and were removed at a provider: nothing is to lie there.';

--
-- Name: suspect_packs(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.suspect_packs(p_backup_copy_id bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update lastgood.pack as k
  set suspected_at = case when bad.is_so then clock_timestamp() end
  from lastgood.backup_copy_pack as mine
  cross join lateral (
    select exists (
      select
      from lastgood.backup_copy_pack as u
      join lastgood.backup_copy as c on c.backup_copy_id = u.backup_copy_id
      where u.pack_id = mine.pack_id and c.state in ('CORRUPT', 'MISSING')
    ) as is_so
  ) as bad
  where mine.backup_copy_id = p_backup_copy_id and k.pack_id = mine.pack_id
    and bad.is_so = (k.suspected_at is null);
end;
$$;

--
-- Name: FUNCTION suspect_packs(p_backup_copy_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.suspect_packs(p_backup_copy_id bigint) IS 'Lets new backups rely on the packs of a copy only while no copy that names them is bad.';

--
-- Name: take_slots(lastgood.schedule, timestamp with time zone); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.take_slots(p_schedule lastgood.schedule, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  c_batch constant integer := 1000;
  v_due     record  := lastgood.due_slots(p_schedule, p_now, c_batch + p_schedule.missed_cap + 2);
  v_taken   integer := cardinality(v_due.slots);
  v_newest  timestamptz := v_due.slots[v_taken];
  v_on_time boolean := v_newest >= p_now - interval '1 minute';
  v_missed  integer := greatest(0, v_taken - case p_schedule.missed
    when 'once' then 1
    when 'all' then p_schedule.missed_cap + v_on_time::integer
    else v_on_time::integer
  end);
  v_skip    text    := lastgood.overlap_reason(p_schedule, false);
  v_catch   text    := lastgood.overlap_reason(p_schedule, p_schedule.missed = 'all');
  v_runs    integer := p_schedule.runs;
  v_count   integer;
  v_slot_at timestamptz;
  v_is_late boolean;
  v_reason  text;
begin
  if v_missed > 0 and v_taken > c_batch then
    v_missed := least(v_missed, c_batch);
    v_taken := v_missed;
  end if;
  v_count := lastgood.miss_slots(p_schedule.schedule_id, v_due.slots[1:v_missed], case
    when p_schedule.missed = 'all' then format('beyond the cap of %s', p_schedule.missed_cap)
    when p_schedule.missed = 'skip' or v_skip is not null then 'nobody ran it in time'
    when v_taken = v_missed then 'the run of a later slot takes its place'
    else format('the run of %s takes its place', lastgood.time_text(v_newest))
  end);
  foreach v_slot_at in array v_due.slots[v_missed + 1:v_taken] loop
    exit when v_runs >= p_schedule.max_runs;
    v_is_late := v_slot_at < v_newest or not v_on_time;
    v_reason := case when v_is_late then v_catch else v_skip end;
    continue when lastgood.queue_slot(
      p_schedule.schedule_id, v_slot_at, v_is_late, v_reason
    ) is null;
    v_count := v_count + 1;
    v_runs := v_runs + (v_reason is null)::integer;
  end loop;
  update lastgood.schedule as s
  set runs = v_runs,
    next_run_at = case when (v_runs >= s.max_runs) is not true
      then coalesce(v_due.slots[v_taken + 1], v_due.next_at) end
  where s.schedule_id = p_schedule.schedule_id;
  return v_count;
end;
$$;

--
-- Name: FUNCTION take_slots(p_schedule lastgood.schedule, p_now timestamp with time zone); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.take_slots(p_schedule lastgood.schedule, p_now timestamp with time zone) IS 'Turns every due slot of a schedule into one execution, by its policies; returns how many.';

--
-- Name: tell_hourly(integer, text, text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.tell_hourly(p_log_type integer, p_message text, p_fqdn text, p_scope text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if exists (
    select
    from lastgood.audit_log as a
    where a.fqdn = p_fqdn and a.log_type = p_log_type and a.message = p_message
      and a.log_time > lastgood.clock() - interval '1 hour'
  ) then
    return;
  end if;
  perform lastgood.add_audit_event(p_log_type, p_message, p_fqdn, p_scope);
  raise warning '%', p_message;
end;
$$;

--
-- Name: FUNCTION tell_hourly(p_log_type integer, p_message text, p_fqdn text, p_scope text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.tell_hourly(p_log_type integer, p_message text, p_fqdn text, p_scope text) IS 'Writes an audit event, unless the same was written within the hour.';

--
-- Name: tell_of_backup(integer, bigint, text, text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.tell_of_backup(p_log_type integer, p_backup_id bigint, p_who text, p_what text, p_why text DEFAULT NULL::text) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT lastgood.add_audit_event(tell_of_backup.p_log_type, concat(tell_of_backup.p_who, ' ', tell_of_backup.p_what, ' backup "', b.name, '" (', b.backup_id, ')', (': '::text || tell_of_backup.p_why), '.'), y.fqdn, s.scope) AS add_audit_event
    FROM ((lastgood.backup b
      JOIN lastgood.source s ON ((s.source_id = b.source_id)))
      JOIN lastgood.system y ON ((y.system_id = s.system_id)))
   WHERE (b.backup_id = tell_of_backup.p_backup_id);
END;

--
-- Name: FUNCTION tell_of_backup(p_log_type integer, p_backup_id bigint, p_who text, p_what text, p_why text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.tell_of_backup(p_log_type integer, p_backup_id bigint, p_who text, p_what text, p_why text) IS 'Writes an audit event about a backup: who did what with it, and why.';

--
-- Name: tell_of_schedule(integer, bigint, text, text, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.tell_of_schedule(p_log_type integer, p_schedule_id bigint, p_who text, p_what text, p_why text DEFAULT NULL::text) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT lastgood.add_audit_event(tell_of_schedule.p_log_type, concat(tell_of_schedule.p_who, ' ', tell_of_schedule.p_what, ' schedule "', c.name, '" (', c.schedule_id, ') of source "', s.name, '"', (': '::text || tell_of_schedule.p_why), '.'), y.fqdn, s.scope) AS add_audit_event
    FROM ((lastgood.schedule c
      JOIN lastgood.source s ON ((s.source_id = c.source_id)))
      JOIN lastgood.system y ON ((y.system_id = s.system_id)))
   WHERE (c.schedule_id = tell_of_schedule.p_schedule_id);
END;

--
-- Name: FUNCTION tell_of_schedule(p_log_type integer, p_schedule_id bigint, p_who text, p_what text, p_why text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.tell_of_schedule(p_log_type integer, p_schedule_id bigint, p_who text, p_what text, p_why text) IS 'Writes an audit event about a schedule: who did what with it, and why.';

--
-- Name: tell_of_execution(integer, lastgood.execution, text); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.tell_of_execution(p_log_type integer, p_execution lastgood.execution, p_what text) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT lastgood.tell_of_schedule(p_log_type, (p_execution).schedule_id, (SESSION_USER)::text, format('%s execution %s, of %s, of'::text, p_what, (p_execution).execution_id, lastgood.time_text(COALESCE((p_execution).slot_at, (p_execution).queued_at)))) AS tell_of_schedule;
END;

--
-- Name: FUNCTION tell_of_execution(p_log_type integer, p_execution lastgood.execution, p_what text); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.tell_of_execution(p_log_type integer, p_execution lastgood.execution, p_what text) IS 'Writes an audit event about a run of a schedule: who did what with it.';

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
-- Name: uncovered_groups(bigint, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.uncovered_groups(p_backup_id bigint, p_groups text[]) RETURNS jsonb
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT COALESCE(jsonb_agg(jsonb_build_object('path',
         CASE g.name
             WHEN ''::text THEN 'items of no group'::text
             ELSE ('group '::text || g.name)
         END, 'reason', 'no provider keeps it') ORDER BY g.name), '[]'::jsonb) AS "coalesce"
    FROM unnest(uncovered_groups.p_groups) g(name)
   WHERE (NOT (EXISTS ( SELECT
            FROM lastgood.backup_copy c
           WHERE ((c.backup_id = uncovered_groups.p_backup_id) AND (c.state = 'COMPLETE'::text) AND (COALESCE(c.group_name, g.name) = g.name)))));
END;

--
-- Name: FUNCTION uncovered_groups(p_backup_id bigint, p_groups text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.uncovered_groups(p_backup_id bigint, p_groups text[]) IS 'Groups of a backup that no complete copy holds, as entries of what is missing.';

--
-- Name: use_packs(bigint, uuid, text[]); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.use_packs(p_backup_copy_id bigint, p_token uuid, p_names text[]) RETURNS text[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'lastgood', 'pg_temp'
    AS $$
declare
  v_provider_id bigint := lastgood.own_copy(p_backup_copy_id, p_token);
  v_names       text[];
begin
  perform lastgood.lock_provider(v_provider_id);
  with usable as (
    select k.pack_id, k.name
    from lastgood.pack as k
    join lastgood.backup_copy as c on c.backup_copy_id = p_backup_copy_id
    where k.provider_id = v_provider_id and k.name = any (p_names) and k.state = 'COMPLETE'
      and k.suspected_at is null and k.recipients = c.recipients
  ), named as (
    insert into lastgood.backup_copy_pack (backup_copy_id, pack_id)
    select p_backup_copy_id, k.pack_id
    from usable as k
    on conflict do nothing
  )
  select coalesce(array_agg(k.name order by k.name), '{}')
  into v_names
  from usable as k;
  return v_names;
end;
$$;

--
-- Name: FUNCTION use_packs(p_backup_copy_id bigint, p_token uuid, p_names text[]); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.use_packs(p_backup_copy_id bigint, p_token uuid, p_names text[]) IS 'Names packs as used by this copy; returns those that are still there and can be relied on.';

--
-- Name: write_schedule(bigint, jsonb); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.write_schedule(p_schedule_id bigint, p_values jsonb) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_columns    text;
  v_values     text;
  v_column     text;
  v_constraint text;
  v_id         bigint;
begin
  select string_agg(quote_ident(k.name), ', '), string_agg('r.' || quote_ident(k.name), ', ')
  into v_columns, v_values
  from jsonb_object_keys(p_values) as k(name);
  if p_schedule_id is null then
    execute format(
      'insert into lastgood.schedule (%s)'
      ' select %s from jsonb_populate_record(null::lastgood.schedule, $1) as r'
      ' returning schedule_id', v_columns, v_values
    ) into v_id using p_values;
  elsif v_columns is not null then
    execute format(
      'update lastgood.schedule as s set (%s) = row(%s)'
      ' from jsonb_populate_record(null::lastgood.schedule, $1) as r'
      ' where s.schedule_id = $2 returning s.schedule_id', v_columns, v_values
    ) into v_id using p_values, p_schedule_id;
  end if;
  return v_id;
exception
  when unique_violation then
    raise exception 'the source has a schedule "%" already', p_values ->> 'name'
      using errcode = 'LG022', hint = 'Choose another name.';
  when check_violation or not_null_violation or data_exception then
    get stacked diagnostics v_column = column_name, v_constraint = constraint_name;
    perform lastgood.refuse_schedule(p_values, v_column, v_constraint, sqlerrm);
    return null;
end;
$_$;

--
-- Name: FUNCTION write_schedule(p_schedule_id bigint, p_values jsonb); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.write_schedule(p_schedule_id bigint, p_values jsonb) IS 'Inserts or changes a schedule from a document whose keys are columns; returns its id.';

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
-- Name: backup_backup_id_seq; Type: SEQUENCE; Schema: lastgood; Owner: -
--

ALTER TABLE lastgood.backup ALTER COLUMN backup_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lastgood.backup_backup_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: backup_copy_backup_copy_id_seq; Type: SEQUENCE; Schema: lastgood; Owner: -
--

ALTER TABLE lastgood.backup_copy ALTER COLUMN backup_copy_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lastgood.backup_copy_backup_copy_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: backup_item; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.backup_item (
    backup_item_id bigint NOT NULL,
    backup_id bigint NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    parent_name text,
    size_bytes bigint,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT item_kind_is_known CHECK ((kind = ANY (ARRAY['globals'::text, 'database'::text, 'schema'::text, 'table'::text, 'vm'::text, 'template'::text, 'stream'::text])))
);

--
-- Name: TABLE backup_item; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.backup_item IS 'Parts of backups that can be picked at restore; files stand in the manifest alone.';

--
-- Name: backup_item_backup_item_id_seq; Type: SEQUENCE; Schema: lastgood; Owner: -
--

ALTER TABLE lastgood.backup_item ALTER COLUMN backup_item_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lastgood.backup_item_backup_item_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: deleted_execution; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.deleted_execution (
    schedule_id bigint NOT NULL,
    execution_id bigint NOT NULL,
    listed_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

--
-- Name: TABLE deleted_execution; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.deleted_execution IS 'What paging needs of executions that were deleted, for a month.';

--
-- Name: execution_count; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.execution_count AS
 SELECT known.state,
    COALESCE(seen.executions, (0)::bigint) AS executions
   FROM (unnest(ARRAY['QUEUED'::text, 'RUNNING'::text, 'SUCCESS'::text, 'PARTIAL'::text, 'ERROR'::text, 'SKIPPED'::text, 'MISSED'::text, 'CANCELLED'::text, 'INTERRUPTED'::text]) WITH ORDINALITY known(state, place)
     LEFT JOIN ( SELECT e.state,
            count(*) AS executions
           FROM lastgood.execution e
          WHERE (e.state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text]))
          GROUP BY e.state
        UNION ALL
         SELECT e.state,
            count(*) AS count
           FROM lastgood.execution e
          WHERE (e.finished_at > (clock_timestamp() - '01:00:00'::interval))
          GROUP BY e.state) seen ON ((seen.state = known.state)))
  ORDER BY known.place;

--
-- Name: VIEW execution_count; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.execution_count IS 'How many executions wait and run, and how many ended within the last hour in each state.';

--
-- Name: execution_execution_id_seq; Type: SEQUENCE; Schema: lastgood; Owner: -
--

ALTER TABLE lastgood.execution ALTER COLUMN execution_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lastgood.execution_execution_id_seq
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
-- Name: pack_pack_id_seq; Type: SEQUENCE; Schema: lastgood; Owner: -
--

ALTER TABLE lastgood.pack ALTER COLUMN pack_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lastgood.pack_pack_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: provider_provider_id_seq; Type: SEQUENCE; Schema: lastgood; Owner: -
--

ALTER TABLE lastgood.provider ALTER COLUMN provider_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lastgood.provider_provider_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: restore_restore_id_seq; Type: SEQUENCE; Schema: lastgood; Owner: -
--

ALTER TABLE lastgood.restore ALTER COLUMN restore_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lastgood.restore_restore_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: restore_status; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.restore_status AS
 SELECT r.restore_id,
    r.backup_id,
    b.name AS backup,
    r.state,
    r.picked,
    r.target,
    p.name AS provider,
    r.started_at,
    r.ended_at,
    r.restored_bytes,
    r.actions,
    r.reason,
    r.host,
    r.started_by,
    r.lease_until AS running_until
   FROM (((lastgood.restore r
     JOIN lastgood.backup b ON ((b.backup_id = r.backup_id)))
     LEFT JOIN lastgood.backup_copy c ON ((c.backup_copy_id = r.backup_copy_id)))
     LEFT JOIN lastgood.provider p ON ((p.provider_id = c.provider_id)));

--
-- Name: VIEW restore_status; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.restore_status IS 'Every restore: of which backup, what was picked, where to, and how it ended.';

--
-- Name: schedule_schedule_id_seq; Type: SEQUENCE; Schema: lastgood; Owner: -
--

ALTER TABLE lastgood.schedule ALTER COLUMN schedule_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lastgood.schedule_schedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: schedule_status; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.schedule_status AS
 SELECT c.schedule_id,
    c.source_id,
    s.name AS source,
    y.fqdn,
    s.scope,
    c.name,
    c.description,
    c.pattern,
    c.tz,
    c.kind,
    c.parent_id,
    c.on_missing_parent,
    c.max_chain,
    c.providers,
    c.is_enabled,
    c.first_at,
    c.until_at,
    c.max_runs,
    c.runs,
    c.overlap,
    c.missed,
    c.missed_cap,
    c.retries,
    c.backoff,
    c.timeout,
    c.grace,
    c.keep_last,
    c.keep_hourly,
    c.keep_daily,
    c.keep_weekly,
    c.keep_monthly,
    c.keep_yearly,
    c.keep_proven,
    c.next_run_at,
    c.created_at,
    c.created_by,
    c.updated_at,
    newest.execution_id AS last_execution_id,
    newest.slot_at AS last_slot_at,
    newest.state AS last_state,
    active.execution_id AS running_execution_id,
    good.finished_at AS last_success_at,
    failed.runs AS consecutive_failures
   FROM ((((((lastgood.schedule c
     JOIN lastgood.source s ON ((s.source_id = c.source_id)))
     JOIN lastgood.system y ON ((y.system_id = s.system_id)))
     LEFT JOIN LATERAL ( SELECT e.execution_id,
            e.slot_at,
            e.state
           FROM lastgood.execution e
          WHERE (e.schedule_id = c.schedule_id)
          ORDER BY COALESCE(e.slot_at, e.queued_at) DESC, e.execution_id DESC
         LIMIT 1) newest ON (true))
     LEFT JOIN LATERAL ( SELECT e.execution_id
           FROM lastgood.execution e
          WHERE ((e.schedule_id = c.schedule_id) AND (e.state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text])) AND (e.state = 'RUNNING'::text))
          ORDER BY e.execution_id
         LIMIT 1) active ON (true))
     LEFT JOIN LATERAL ( SELECT e.execution_id,
            COALESCE(e.slot_at, e.queued_at) AS listed_at,
            e.finished_at
           FROM lastgood.execution e
          WHERE ((e.schedule_id = c.schedule_id) AND (e.state = ANY (ARRAY['SUCCESS'::text, 'PARTIAL'::text, 'ERROR'::text, 'INTERRUPTED'::text])) AND (e.state = 'SUCCESS'::text))
          ORDER BY COALESCE(e.slot_at, e.queued_at) DESC, e.execution_id DESC
         LIMIT 1) good ON (true))
     CROSS JOIN LATERAL ( SELECT count(*) AS runs
           FROM lastgood.execution e
          WHERE ((e.schedule_id = c.schedule_id) AND (e.state = ANY (ARRAY['SUCCESS'::text, 'PARTIAL'::text, 'ERROR'::text, 'INTERRUPTED'::text])) AND ((good.listed_at IS NULL) OR (ROW(COALESCE(e.slot_at, e.queued_at), e.execution_id) > ROW(good.listed_at, good.execution_id))))) failed)
  WHERE (c.deleted_at IS NULL);

--
-- Name: VIEW schedule_status; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.schedule_status IS 'Every schedule with its newest execution, its last success and how often it failed since.';

--
-- Name: source_source_id_seq; Type: SEQUENCE; Schema: lastgood; Owner: -
--

ALTER TABLE lastgood.source ALTER COLUMN source_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME lastgood.source_source_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: source_status; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.source_status AS
 SELECT s.source_id,
    s.name,
    s.type,
    y.fqdn,
    s.scope,
    s.settings,
    s.added_at,
    kept.backups,
    newest.backup_id AS last_backup_id,
    newest.state AS last_backup_state,
    good.backup_id AS last_good_backup_id,
    good.ended_at AS last_good_at,
    proven.backup_id AS last_proven_backup_id,
    s.labels,
    s.max_running
   FROM (((((lastgood.source s
     JOIN lastgood.system y ON ((y.system_id = s.system_id)))
     CROSS JOIN LATERAL ( SELECT count(*) AS backups
           FROM lastgood.backup b
          WHERE ((b.source_id = s.source_id) AND (b.state = ANY (ARRAY['COMPLETE'::text, 'PARTIAL'::text])))) kept)
     LEFT JOIN LATERAL ( SELECT b.backup_id,
            b.state
           FROM lastgood.backup b
          WHERE (b.source_id = s.source_id)
          ORDER BY b.started_at DESC, b.backup_id DESC
         LIMIT 1) newest ON (true))
     LEFT JOIN LATERAL ( SELECT b.backup_id,
            b.ended_at
           FROM lastgood.backup_summary b
          WHERE ((b.source_id = s.source_id) AND b.is_good)
          ORDER BY b.ended_at DESC, b.backup_id DESC
         LIMIT 1) good ON (true))
     LEFT JOIN LATERAL ( SELECT b.backup_id
           FROM lastgood.backup_summary b
          WHERE ((b.source_id = s.source_id) AND b.is_proven)
          ORDER BY b.ended_at DESC, b.backup_id DESC
         LIMIT 1) proven ON (true))
  WHERE (s.deleted_at IS NULL);

--
-- Name: VIEW source_status; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.source_status IS 'Every source with its newest, newest good and newest proven backup.';

--
-- Name: source_type; Type: TABLE; Schema: lastgood; Owner: -
--

CREATE TABLE lastgood.source_type (
    type text NOT NULL,
    can_increment boolean NOT NULL,
    is_tree boolean NOT NULL,
    description text NOT NULL,
    has_groups boolean DEFAULT false NOT NULL
);

--
-- Name: TABLE source_type; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TABLE lastgood.source_type IS 'Types of sources and what they can do.';

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
-- Name: usable_pack; Type: VIEW; Schema: lastgood; Owner: -
--

CREATE VIEW lastgood.usable_pack AS
 SELECT k.pack_id,
    k.provider_id,
    k.name,
    k.recipients,
    k.size_bytes,
    k.sha256,
    k.contents
   FROM lastgood.pack k
  WHERE ((k.state = 'COMPLETE'::text) AND (k.suspected_at IS NULL));

--
-- Name: VIEW usable_pack; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON VIEW lastgood.usable_pack IS 'Packs that a new copy may rely on, with the index of their contents.';

--
-- Name: source source_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.source
    ADD CONSTRAINT source_pkey PRIMARY KEY (source_id);

--
-- Name: describe_attached(bigint); Type: FUNCTION; Schema: lastgood; Owner: -
--

CREATE FUNCTION lastgood.describe_attached(p_provider_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT COALESCE(jsonb_agg(jsonb_build_object('source', r.name, 'type', r.type, 'fqdn', r.fqdn, 'scope', r.scope, 'goes_on', r.is_live, 'settings', r.settings, 'backups', r.backups, 'complete', r.complete, 'newest_id', newest.backup_id, 'newest', newest.name, 'newest_at', newest.started_at, 'newest_stored_name', newest.stored_name) ORDER BY r.name, r.source_id), '[]'::jsonb) AS "coalesce"
    FROM (( SELECT s.source_id,
             s.name,
             s.type,
             y.fqdn,
             s.scope,
             (s.deleted_at IS NULL) AS is_live,
                 CASE
                     WHEN ((s.deleted_at IS NULL) AND (s.origin IS NOT NULL)) THEN s.settings
                     ELSE NULL::jsonb
                 END AS settings,
             count(*) AS backups,
             count(*) FILTER (WHERE ((b.state = 'COMPLETE'::text) AND (c.state = 'COMPLETE'::text))) AS complete
            FROM (((lastgood.backup_copy c
              JOIN lastgood.backup b ON ((b.backup_id = c.backup_id)))
              JOIN lastgood.source s ON ((s.source_id = b.source_id)))
              JOIN lastgood.system y ON ((y.system_id = s.system_id)))
           WHERE (c.provider_id = describe_attached.p_provider_id)
           GROUP BY s.source_id, y.fqdn) r
      LEFT JOIN LATERAL ( SELECT b.backup_id,
             b.name,
             b.started_at,
             COALESCE(b.origin_name, b.name) AS stored_name
            FROM (lastgood.backup b
              JOIN lastgood.backup_copy c ON ((c.backup_id = b.backup_id)))
           WHERE ((b.source_id = r.source_id) AND (c.provider_id = describe_attached.p_provider_id) AND (c.state = 'COMPLETE'::text))
           ORDER BY b.started_at DESC, b.backup_id DESC
          LIMIT 1) newest ON (true));
END;

--
-- Name: FUNCTION describe_attached(p_provider_id bigint); Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON FUNCTION lastgood.describe_attached(p_provider_id bigint) IS 'The sources of which copies lie at a provider, with their newest one there.';

--
-- Name: audit_log audit_log_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (audit_log_id);

--
-- Name: backup_copy_pack backup_copy_pack_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup_copy_pack
    ADD CONSTRAINT backup_copy_pack_pkey PRIMARY KEY (backup_copy_id, pack_id);

--
-- Name: backup_copy backup_copy_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup_copy
    ADD CONSTRAINT backup_copy_pkey PRIMARY KEY (backup_copy_id);

--
-- Name: backup backup_is_named_once; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup
    ADD CONSTRAINT backup_is_named_once UNIQUE (name);

--
-- Name: backup_item backup_item_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup_item
    ADD CONSTRAINT backup_item_pkey PRIMARY KEY (backup_item_id);

--
-- Name: backup backup_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup
    ADD CONSTRAINT backup_pkey PRIMARY KEY (backup_id);

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
-- Name: backup_copy copy_is_made_once_a_provider; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup_copy
    ADD CONSTRAINT copy_is_made_once_a_provider UNIQUE (backup_id, provider_id);

--
-- Name: deleted_execution deleted_execution_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.deleted_execution
    ADD CONSTRAINT deleted_execution_pkey PRIMARY KEY (schedule_id, execution_id);

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
-- Name: execution execution_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.execution
    ADD CONSTRAINT execution_pkey PRIMARY KEY (execution_id);

--
-- Name: granted_role granted_role_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.granted_role
    ADD CONSTRAINT granted_role_pkey PRIMARY KEY (role_name, reach);

--
-- Name: installation installation_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (is_only_row);

--
-- Name: backup_item item_is_named_once_a_backup; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup_item
    ADD CONSTRAINT item_is_named_once_a_backup UNIQUE (backup_id, kind, name);

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
-- Name: pack pack_is_named_once_a_provider; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.pack
    ADD CONSTRAINT pack_is_named_once_a_provider UNIQUE (provider_id, name);

--
-- Name: pack pack_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.pack
    ADD CONSTRAINT pack_pkey PRIMARY KEY (pack_id);

--
-- Name: provider provider_is_named_once; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.provider
    ADD CONSTRAINT provider_is_named_once UNIQUE (name);

--
-- Name: provider provider_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.provider
    ADD CONSTRAINT provider_pkey PRIMARY KEY (provider_id);

--
-- Name: provider_type provider_type_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.provider_type
    ADD CONSTRAINT provider_type_pkey PRIMARY KEY (type);

--
-- Name: restore restore_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.restore
    ADD CONSTRAINT restore_pkey PRIMARY KEY (restore_id);

--
-- Name: schedule schedule_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (schedule_id);

--
-- Name: execution slot_has_one_execution; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.execution
    ADD CONSTRAINT slot_has_one_execution UNIQUE (schedule_id, slot_at);

--
-- Name: source_type source_type_pkey; Type: CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.source_type
    ADD CONSTRAINT source_type_pkey PRIMARY KEY (type);

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
-- Name: backup_by_lease; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX backup_by_lease ON lastgood.backup USING btree (lease_until) WHERE (state = 'RUNNING'::text);

--
-- Name: backup_by_parent; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX backup_by_parent ON lastgood.backup USING btree (parent_id);

--
-- Name: backup_by_schedule; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX backup_by_schedule ON lastgood.backup USING btree (schedule_id, state);

--
-- Name: backup_by_source; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX backup_by_source ON lastgood.backup USING btree (source_id, backup_id);

--
-- Name: backup_is_attached_once; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE UNIQUE INDEX backup_is_attached_once ON lastgood.backup USING btree (origin_name, origin, started_at) WHERE (origin IS NOT NULL);

--
-- Name: backup_that_failed; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX backup_that_failed ON lastgood.backup USING btree (ended_at) WHERE (state = 'FAILED'::text);

--
-- Name: backup_to_rely_on; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX backup_to_rely_on ON lastgood.backup USING btree (source_id, ended_at DESC, backup_id DESC) WHERE (state = 'COMPLETE'::text);

--
-- Name: copy_by_pack; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX copy_by_pack ON lastgood.backup_copy_pack USING btree (pack_id);

--
-- Name: copy_by_provider; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX copy_by_provider ON lastgood.backup_copy USING btree (provider_id, backup_id);

--
-- Name: copy_that_takes_room; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX copy_that_takes_room ON lastgood.backup_copy USING btree (provider_id) WHERE (state <> 'DELETED'::text);

--
-- Name: copy_to_remove; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX copy_to_remove ON lastgood.backup_copy USING btree (provider_id) WHERE (state = ANY (ARRAY['DELETING'::text, 'DELETE_FAILED'::text]));

--
-- Name: deleted_execution_by_age; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX deleted_execution_by_age ON lastgood.deleted_execution USING btree (deleted_at);

--
-- Name: event_is_recorded_once; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE UNIQUE INDEX event_is_recorded_once ON lastgood.audit_log USING btree (event_id) WHERE (event_id IS NOT NULL);

--
-- Name: execution_by_backup; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX execution_by_backup ON lastgood.execution USING btree (backup_id);

--
-- Name: execution_by_end; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX execution_by_end ON lastgood.execution USING btree (finished_at, state) WHERE (finished_at IS NOT NULL);

--
-- Name: execution_by_lease; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX execution_by_lease ON lastgood.execution USING btree (lease_until) WHERE (state = 'RUNNING'::text);

--
-- Name: execution_by_time; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX execution_by_time ON lastgood.execution USING btree (schedule_id, COALESCE(slot_at, queued_at) DESC, execution_id DESC);

--
-- Name: execution_in_progress; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX execution_in_progress ON lastgood.execution USING btree (schedule_id) WHERE (state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text]));

--
-- Name: execution_that_ran; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX execution_that_ran ON lastgood.execution USING btree (schedule_id, COALESCE(slot_at, queued_at) DESC, execution_id DESC) WHERE (state = ANY (ARRAY['SUCCESS'::text, 'PARTIAL'::text, 'ERROR'::text, 'INTERRUPTED'::text]));

--
-- Name: execution_to_do; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX execution_to_do ON lastgood.execution USING btree (COALESCE(slot_at, queued_at), execution_id) WHERE (state = 'QUEUED'::text);

--
-- Name: general_alert_is_live_once; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE UNIQUE INDEX general_alert_is_live_once ON lastgood.audit_log USING btree (log_type) WHERE ((severity = 10) AND (NOT deleted) AND (fqdn IS NULL));

--
-- Name: pack_to_remove; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX pack_to_remove ON lastgood.pack USING btree (provider_id) WHERE ((state = 'DELETING'::text) AND (forgotten_at IS NULL));

--
-- Name: proven_success_by_time; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX proven_success_by_time ON lastgood.engine_backup_log USING btree (fqdn, scope, counts_from DESC) WHERE (is_passed AND (backup_id IS NOT NULL));

--
-- Name: provider_by_type; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX provider_by_type ON lastgood.provider USING btree (type);

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
-- Name: restore_by_backup; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX restore_by_backup ON lastgood.restore USING btree (backup_id);

--
-- Name: restore_by_copy; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX restore_by_copy ON lastgood.restore USING btree (backup_copy_id);

--
-- Name: restore_by_lease; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX restore_by_lease ON lastgood.restore USING btree (lease_until) WHERE (state = 'RUNNING'::text);

--
-- Name: schedule_by_next_run; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX schedule_by_next_run ON lastgood.schedule USING btree (next_run_at) WHERE (is_enabled AND (deleted_at IS NULL));

--
-- Name: schedule_by_parent; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX schedule_by_parent ON lastgood.schedule USING btree (parent_id);

--
-- Name: schedule_by_source; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX schedule_by_source ON lastgood.schedule USING btree (source_id);

--
-- Name: schedule_is_named_once_a_source; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE UNIQUE INDEX schedule_is_named_once_a_source ON lastgood.schedule USING btree (source_id, name) WHERE (deleted_at IS NULL);

--
-- Name: source_by_origin; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX source_by_origin ON lastgood.source USING btree (origin, origin_name) WHERE (origin IS NOT NULL);

--
-- Name: source_by_system; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX source_by_system ON lastgood.source USING btree (system_id, scope);

--
-- Name: source_by_type; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX source_by_type ON lastgood.source USING btree (type);

--
-- Name: source_is_named_once; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE UNIQUE INDEX source_is_named_once ON lastgood.source USING btree (name) WHERE (deleted_at IS NULL);

--
-- Name: success_by_time; Type: INDEX; Schema: lastgood; Owner: -
--

CREATE INDEX success_by_time ON lastgood.engine_backup_log USING btree (fqdn, scope, counts_from DESC) WHERE is_passed;

--
-- Name: schedule schedule_changed; Type: TRIGGER; Schema: lastgood; Owner: -
--

CREATE TRIGGER schedule_changed BEFORE INSERT OR UPDATE OF source_id, name, description, pattern, tz, kind, parent_id, on_missing_parent, max_chain, providers, is_enabled, first_at, until_at, max_runs, overlap, missed, missed_cap, retries, backoff, timeout, grace, keep_last, keep_hourly, keep_daily, keep_weekly, keep_monthly, keep_yearly, keep_proven, deleted_at ON lastgood.schedule FOR EACH ROW EXECUTE FUNCTION lastgood.schedule_changed();

--
-- Name: TRIGGER schedule_changed ON schedule; Type: COMMENT; Schema: lastgood; Owner: -
--

COMMENT ON TRIGGER schedule_changed ON lastgood.schedule IS 'Checks schedules that are written, and tells when they run next.';

--
-- Name: backup backup_builds_on_a_backup; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup
    ADD CONSTRAINT backup_builds_on_a_backup FOREIGN KEY (parent_id) REFERENCES lastgood.backup(backup_id);

--
-- Name: backup backup_comes_from_a_source; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup
    ADD CONSTRAINT backup_comes_from_a_source FOREIGN KEY (source_id) REFERENCES lastgood.source(source_id);

--
-- Name: backup backup_is_made_by_a_schedule; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup
    ADD CONSTRAINT backup_is_made_by_a_schedule FOREIGN KEY (schedule_id) REFERENCES lastgood.schedule(schedule_id);

--
-- Name: config_value config_value_has_a_key; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.config_value
    ADD CONSTRAINT config_value_has_a_key FOREIGN KEY (name) REFERENCES lastgood.config_key(name);

--
-- Name: backup_copy copy_is_of_a_backup; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup_copy
    ADD CONSTRAINT copy_is_of_a_backup FOREIGN KEY (backup_id) REFERENCES lastgood.backup(backup_id);

--
-- Name: backup_copy copy_lies_at_a_provider; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup_copy
    ADD CONSTRAINT copy_lies_at_a_provider FOREIGN KEY (provider_id) REFERENCES lastgood.provider(provider_id);

--
-- Name: backup_copy_pack copy_uses_a_pack; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup_copy_pack
    ADD CONSTRAINT copy_uses_a_pack FOREIGN KEY (pack_id) REFERENCES lastgood.pack(pack_id);

--
-- Name: deleted_execution deleted_execution_was_of_a_schedule; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.deleted_execution
    ADD CONSTRAINT deleted_execution_was_of_a_schedule FOREIGN KEY (schedule_id) REFERENCES lastgood.schedule(schedule_id);

--
-- Name: execution execution_is_of_a_schedule; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.execution
    ADD CONSTRAINT execution_is_of_a_schedule FOREIGN KEY (schedule_id) REFERENCES lastgood.schedule(schedule_id);

--
-- Name: execution execution_makes_a_backup; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.execution
    ADD CONSTRAINT execution_makes_a_backup FOREIGN KEY (backup_id) REFERENCES lastgood.backup(backup_id);

--
-- Name: backup_item item_is_part_of_a_backup; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup_item
    ADD CONSTRAINT item_is_part_of_a_backup FOREIGN KEY (backup_id) REFERENCES lastgood.backup(backup_id);

--
-- Name: backup_copy_pack pack_is_used_by_a_copy; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.backup_copy_pack
    ADD CONSTRAINT pack_is_used_by_a_copy FOREIGN KEY (backup_copy_id) REFERENCES lastgood.backup_copy(backup_copy_id);

--
-- Name: pack pack_lies_at_a_provider; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.pack
    ADD CONSTRAINT pack_lies_at_a_provider FOREIGN KEY (provider_id) REFERENCES lastgood.provider(provider_id);

--
-- Name: provider provider_has_a_type; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.provider
    ADD CONSTRAINT provider_has_a_type FOREIGN KEY (type) REFERENCES lastgood.provider_type(type);

--
-- Name: restore restore_is_of_a_backup; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.restore
    ADD CONSTRAINT restore_is_of_a_backup FOREIGN KEY (backup_id) REFERENCES lastgood.backup(backup_id);

--
-- Name: restore restore_reads_a_copy; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.restore
    ADD CONSTRAINT restore_reads_a_copy FOREIGN KEY (backup_copy_id) REFERENCES lastgood.backup_copy(backup_copy_id);

--
-- Name: schedule schedule_builds_on_a_backup; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.schedule
    ADD CONSTRAINT schedule_builds_on_a_backup FOREIGN KEY (parent_id) REFERENCES lastgood.backup(backup_id);

--
-- Name: schedule schedule_is_of_a_source; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.schedule
    ADD CONSTRAINT schedule_is_of_a_source FOREIGN KEY (source_id) REFERENCES lastgood.source(source_id);

--
-- Name: source source_belongs_to_a_system; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.source
    ADD CONSTRAINT source_belongs_to_a_system FOREIGN KEY (system_id) REFERENCES lastgood.system(system_id);

--
-- Name: source source_has_a_type; Type: FK CONSTRAINT; Schema: lastgood; Owner: -
--

ALTER TABLE ONLY lastgood.source
    ADD CONSTRAINT source_has_a_type FOREIGN KEY (type) REFERENCES lastgood.source_type(type);

--
-- Name: FUNCTION clock(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.clock() FROM PUBLIC;

--
-- Name: FUNCTION add_audit_event(p_log_type integer, p_message text, p_fqdn text, p_scope text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.add_audit_event(p_log_type integer, p_message text, p_fqdn text, p_scope text) FROM PUBLIC;

--
-- Name: FUNCTION add_items(p_backup_id bigint, p_token uuid, p_items jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.add_items(p_backup_id bigint, p_token uuid, p_items jsonb) FROM PUBLIC;

--
-- Name: FUNCTION add_pack(p_provider_id bigint, p_backup_copy_ids bigint[], p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.add_pack(p_provider_id bigint, p_backup_copy_ids bigint[], p_name text) FROM PUBLIC;

--
-- Name: FUNCTION add_provider(p_name text, p_type text, p_settings jsonb, p_layout text, p_recipients text[], p_group text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.add_provider(p_name text, p_type text, p_settings jsonb, p_layout text, p_recipients text[], p_group text) FROM PUBLIC;

--
-- Name: FUNCTION add_schedule(p_source text, p_pattern text, p_name text, p_options jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.add_schedule(p_source text, p_pattern text, p_name text, p_options jsonb) FROM PUBLIC;

--
-- Name: FUNCTION add_source(p_name text, p_type text, p_fqdn text, p_scope text, p_settings jsonb, p_labels text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.add_source(p_name text, p_type text, p_fqdn text, p_scope text, p_settings jsonb, p_labels text[]) FROM PUBLIC;

--
-- Name: FUNCTION add_system(p_fqdn text, p_required_scopes text[], p_alert_after interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.add_system(p_fqdn text, p_required_scopes text[], p_alert_after interval) FROM PUBLIC;

--
-- Name: FUNCTION adopt_pack(p_provider_id bigint, p_backup_copy_ids bigint[], p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.adopt_pack(p_provider_id bigint, p_backup_copy_ids bigint[], p_name text) FROM PUBLIC;

--
-- Name: FUNCTION ahead_of_utc(p_utc timestamp without time zone, p_tz text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.ahead_of_utc(p_utc timestamp without time zone, p_tz text) FROM PUBLIC;

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
-- Name: FUNCTION attach_backups(p_provider_id bigint, p_found jsonb, p_is_resumed boolean); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.attach_backups(p_provider_id bigint, p_found jsonb, p_is_resumed boolean) FROM PUBLIC;

--
-- Name: FUNCTION attach_packs(p_provider_id bigint, p_found jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.attach_packs(p_provider_id bigint, p_found jsonb) FROM PUBLIC;

--
-- Name: FUNCTION attach_parents(p_provider_id bigint, p_found jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.attach_parents(p_provider_id bigint, p_found jsonb) FROM PUBLIC;

--
-- Name: FUNCTION attach_provider(p_name text, p_type text, p_settings jsonb, p_layout text, p_recipients text[], p_group text, p_installation uuid, p_marker uuid); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.attach_provider(p_name text, p_type text, p_settings jsonb, p_layout text, p_recipients text[], p_group text, p_installation uuid, p_marker uuid) FROM PUBLIC;

--
-- Name: FUNCTION attach_source(p_origin uuid, p_name text, p_type text, p_fqdn text, p_scope text, p_settings jsonb, p_is_resumed boolean); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.attach_source(p_origin uuid, p_name text, p_type text, p_fqdn text, p_scope text, p_settings jsonb, p_is_resumed boolean) FROM PUBLIC;

--
-- Name: FUNCTION attach_system(p_fqdn text, p_scope text, p_is_watched boolean); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.attach_system(p_fqdn text, p_scope text, p_is_watched boolean) FROM PUBLIC;

--
-- Name: FUNCTION begin_backup(p_source_id bigint, p_providers bigint[], p_name text, p_is_incremental boolean, p_parent_id bigint, p_schedule_id bigint, p_host text, p_lease interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.begin_backup(p_source_id bigint, p_providers bigint[], p_name text, p_is_incremental boolean, p_parent_id bigint, p_schedule_id bigint, p_host text, p_lease interval) FROM PUBLIC;

--
-- Name: FUNCTION begin_copy(p_backup_copy_id bigint, p_token uuid, p_found text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.begin_copy(p_backup_copy_id bigint, p_token uuid, p_found text[]) FROM PUBLIC;

--
-- Name: FUNCTION begin_pack(p_backup_copy_id bigint, p_token uuid, p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.begin_pack(p_backup_copy_id bigint, p_token uuid, p_name text) FROM PUBLIC;

--
-- Name: FUNCTION cancel_execution(p_execution_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.cancel_execution(p_execution_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION cancel_waiting(p_schedule_id bigint, p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.cancel_waiting(p_schedule_id bigint, p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION chain_length(p_backup_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.chain_length(p_backup_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION check_backup_freshness(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_backup_freshness() FROM PUBLIC;

--
-- Name: FUNCTION check_deletable(p_backup_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_deletable(p_backup_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION check_labels(p_labels text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_labels(p_labels text[]) FROM PUBLIC;

--
-- Name: FUNCTION check_limits(p_limits jsonb, p_known text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_limits(p_limits jsonb, p_known text[]) FROM PUBLIC;

--
-- Name: FUNCTION check_name(p_name text, p_length integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_name(p_name text, p_length integer) FROM PUBLIC;

--
-- Name: FUNCTION check_quota(p_provider_id bigint, p_outgoing_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_quota(p_provider_id bigint, p_outgoing_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION check_room(p_source_id bigint, p_providers bigint[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_room(p_source_id bigint, p_providers bigint[]) FROM PUBLIC;

--
-- Name: FUNCTION check_schedule(p_schedule lastgood.schedule); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_schedule(p_schedule lastgood.schedule) FROM PUBLIC;

--
-- Name: FUNCTION check_schedule_keys(p_values jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_schedule_keys(p_values jsonb) FROM PUBLIC;

--
-- Name: FUNCTION check_schedule_times(p_schedule lastgood.schedule); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_schedule_times(p_schedule lastgood.schedule) FROM PUBLIC;

--
-- Name: FUNCTION check_scopes(p_scopes text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_scopes(p_scopes text[]) FROM PUBLIC;

--
-- Name: FUNCTION check_settings(p_settings jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_settings(p_settings jsonb) FROM PUBLIC;

--
-- Name: FUNCTION check_time_zone(p_tz text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.check_time_zone(p_tz text) FROM PUBLIC;

--
-- Name: FUNCTION choose_backup_name(p_source text, p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.choose_backup_name(p_source text, p_name text) FROM PUBLIC;

--
-- Name: FUNCTION choose_outgoing(p_provider_id bigint, p_source text, p_backup_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.choose_outgoing(p_provider_id bigint, p_source text, p_backup_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION choose_parent(p_source_id bigint, p_providers bigint[], p_is_incremental boolean, p_parent_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.choose_parent(p_source_id bigint, p_providers bigint[], p_is_incremental boolean, p_parent_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION choose_providers(p_providers text[], p_source_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.choose_providers(p_providers text[], p_source_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION choose_restore_copy(p_backup_id bigint, p_backup_copy_id bigint, p_provider text, p_tried bigint[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.choose_restore_copy(p_backup_id bigint, p_backup_copy_id bigint, p_provider text, p_tried bigint[]) FROM PUBLIC;

--
-- Name: FUNCTION claim_execution(p_worker text, p_host text, p_labels text[], p_concurrency integer, p_lease interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.claim_execution(p_worker text, p_host text, p_labels text[], p_concurrency integer, p_lease interval) FROM PUBLIC;

--
-- Name: FUNCTION claim_leftovers(p_provider_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.claim_leftovers(p_provider_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION claim_sweep(p_labels text[], p_lease interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.claim_sweep(p_labels text[], p_lease interval) FROM PUBLIC;

--
-- Name: FUNCTION claimable_execution(p_labels text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.claimable_execution(p_labels text[]) FROM PUBLIC;

--
-- Name: FUNCTION complete_adopted_pack(p_provider_id bigint, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.complete_adopted_pack(p_provider_id bigint, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea) FROM PUBLIC;

--
-- Name: FUNCTION complete_attach(p_provider_id bigint, p_unreadable text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.complete_attach(p_provider_id bigint, p_unreadable text[]) FROM PUBLIC;

--
-- Name: FUNCTION complete_pack(p_backup_copy_id bigint, p_token uuid, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.complete_pack(p_backup_copy_id bigint, p_token uuid, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea) FROM PUBLIC;

--
-- Name: FUNCTION complete_restore(p_restore_id bigint, p_token uuid, p_bytes bigint, p_actions text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.complete_restore(p_restore_id bigint, p_token uuid, p_bytes bigint, p_actions text[]) FROM PUBLIC;

--
-- Name: FUNCTION config_value_defect(p_type text, p_valid_values text, p_value text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.config_value_defect(p_type text, p_valid_values text, p_value text) FROM PUBLIC;

--
-- Name: FUNCTION cron_field(p_field text, p_name text, p_min integer, p_max integer, p_names text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.cron_field(p_field text, p_name text, p_min integer, p_max integer, p_names text[]) FROM PUBLIC;

--
-- Name: FUNCTION default_providers(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.default_providers() FROM PUBLIC;

--
-- Name: FUNCTION delete_execution(p_execution_id bigint, p_force boolean); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.delete_execution(p_execution_id bigint, p_force boolean) FROM PUBLIC;

--
-- Name: FUNCTION delete_provider(p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.delete_provider(p_name text) FROM PUBLIC;

--
-- Name: FUNCTION delete_schedule(p_schedule_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.delete_schedule(p_schedule_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION delete_source(p_name text, p_force boolean); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.delete_source(p_name text, p_force boolean) FROM PUBLIC;

--
-- Name: FUNCTION describe_backup(p_backup_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.describe_backup(p_backup_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION describe_copies(p_backup_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.describe_copies(p_backup_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION detach_provider(p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.detach_provider(p_name text) FROM PUBLIC;

--
-- Name: FUNCTION time_text(p_at timestamp with time zone); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.time_text(p_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION diagnose_providers(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.diagnose_providers() FROM PUBLIC;

--
-- Name: FUNCTION judge_schedules(p_system_id bigint, p_scope text, p_success_at timestamp with time zone, p_failing_after integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.judge_schedules(p_system_id bigint, p_scope text, p_success_at timestamp with time zone, p_failing_after integer) FROM PUBLIC;

--
-- Name: FUNCTION reporter_search_path(p_role text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.reporter_search_path(p_role text) FROM PUBLIC;

--
-- Name: FUNCTION diagnose_roles(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.diagnose_roles() FROM PUBLIC;

--
-- Name: FUNCTION get_config_value(p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.get_config_value(p_name text) FROM PUBLIC;

--
-- Name: FUNCTION quota_warnings(p_schedule_id bigint, p_provider text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.quota_warnings(p_schedule_id bigint, p_provider text) FROM PUBLIC;

--
-- Name: FUNCTION diagnose_schedules(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.diagnose_schedules() FROM PUBLIC;

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
-- Name: FUNCTION due_slots(p_schedule lastgood.schedule, p_until timestamp with time zone, p_limit integer, OUT slots timestamp with time zone[], OUT next_at timestamp with time zone); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.due_slots(p_schedule lastgood.schedule, p_until timestamp with time zone, p_limit integer, OUT slots timestamp with time zone[], OUT next_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION end_backup(p_backup_id bigint, p_state text, p_reason text, p_message text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.end_backup(p_backup_id bigint, p_state text, p_reason text, p_message text) FROM PUBLIC;

--
-- Name: FUNCTION end_execution(p_execution lastgood.execution, p_state text, p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.end_execution(p_execution lastgood.execution, p_state text, p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION end_restore(p_restore_id bigint, p_token uuid, p_state text, p_bytes bigint, p_actions text[], p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.end_restore(p_restore_id bigint, p_token uuid, p_state text, p_bytes bigint, p_actions text[], p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION event_defect(p_scope text, p_done_at timestamp with time zone, p_status integer, p_fqdn text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.event_defect(p_scope text, p_done_at timestamp with time zone, p_status integer, p_fqdn text) FROM PUBLIC;

--
-- Name: FUNCTION expire_backups(p_schedule_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.expire_backups(p_schedule_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION fail_backup(p_backup_id bigint, p_token uuid, p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.fail_backup(p_backup_id bigint, p_token uuid, p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION fail_copy(p_backup_copy_id bigint, p_token uuid, p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.fail_copy(p_backup_copy_id bigint, p_token uuid, p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION fail_restore(p_restore_id bigint, p_token uuid, p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.fail_restore(p_restore_id bigint, p_token uuid, p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION fill_pack(p_provider_id bigint, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.fill_pack(p_provider_id bigint, p_name text, p_size_bytes bigint, p_sha256 text, p_contents bytea) FROM PUBLIC;

--
-- Name: FUNCTION find_backup(p_ref text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.find_backup(p_ref text) FROM PUBLIC;

--
-- Name: FUNCTION find_event(p_event_id uuid, p_fqdn text, p_scope text, p_done_at timestamp with time zone, p_log_type integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.find_event(p_event_id uuid, p_fqdn text, p_scope text, p_done_at timestamp with time zone, p_log_type integer) FROM PUBLIC;

--
-- Name: FUNCTION find_origin(p_origin uuid, p_name text, p_started_at timestamp with time zone); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.find_origin(p_origin uuid, p_name text, p_started_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION find_provider(p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.find_provider(p_name text) FROM PUBLIC;

--
-- Name: FUNCTION find_room(p_backup_copy_id bigint, p_token uuid); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.find_room(p_backup_copy_id bigint, p_token uuid) FROM PUBLIC;

--
-- Name: FUNCTION find_schedule(p_ref text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.find_schedule(p_ref text) FROM PUBLIC;

--
-- Name: FUNCTION find_source(p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.find_source(p_name text) FROM PUBLIC;

--
-- Name: FUNCTION find_system(p_fqdn text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.find_system(p_fqdn text) FROM PUBLIC;

--
-- Name: FUNCTION finish_copy_delete(p_backup_copy_id bigint, p_error text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.finish_copy_delete(p_backup_copy_id bigint, p_error text) FROM PUBLIC;

--
-- Name: FUNCTION finish_execution(p_execution_id bigint, p_token uuid, p_error text, p_code text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.finish_execution(p_execution_id bigint, p_token uuid, p_error text, p_code text) FROM PUBLIC;

--
-- Name: FUNCTION finish_sweep(p_provider_id bigint, p_error text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.finish_sweep(p_provider_id bigint, p_error text) FROM PUBLIC;

--
-- Name: FUNCTION follow_verification(p_backup_copy_id bigint, p_old_state text, p_fqdn text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.follow_verification(p_backup_copy_id bigint, p_old_state text, p_fqdn text) FROM PUBLIC;

--
-- Name: FUNCTION forget_pack(p_provider_id bigint, p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.forget_pack(p_provider_id bigint, p_name text) FROM PUBLIC;

--
-- Name: FUNCTION forget_provider(p_provider_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.forget_provider(p_provider_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION forget_unreadable(p_provider_id bigint, p_keys text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.forget_unreadable(p_provider_id bigint, p_keys text[]) FROM PUBLIC;

--
-- Name: FUNCTION found_copies(p_found jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.found_copies(p_found jsonb) FROM PUBLIC;

--
-- Name: FUNCTION free_backup_name(p_base text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.free_backup_name(p_base text) FROM PUBLIC;

--
-- Name: FUNCTION free_source_name(p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.free_source_name(p_name text) FROM PUBLIC;

--
-- Name: FUNCTION freshness_check_rule(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.freshness_check_rule() FROM PUBLIC;

--
-- Name: FUNCTION full_chain(p_backup_id bigint, p_max_chain integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.full_chain(p_backup_id bigint, p_max_chain integer) FROM PUBLIC;

--
-- Name: FUNCTION full_providers(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.full_providers() FROM PUBLIC;

--
-- Name: FUNCTION gap_end(p_local timestamp without time zone, p_tz text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.gap_end(p_local timestamp without time zone, p_tz text) FROM PUBLIC;

--
-- Name: FUNCTION local_instants(p_local timestamp without time zone, p_tz text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.local_instants(p_local timestamp without time zone, p_tz text) FROM PUBLIC;

--
-- Name: FUNCTION next_run(p_pattern text, p_tz text, p_after timestamp with time zone); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.next_run(p_pattern text, p_tz text, p_after timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION parse_cron(p_pattern text, OUT minutes integer[], OUT hours integer[], OUT days integer[], OUT months integer[], OUT weekdays integer[], OUT picks_days boolean, OUT picks_weekdays boolean, OUT is_elapsing boolean); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.parse_cron(p_pattern text, OUT minutes integer[], OUT hours integer[], OUT days integer[], OUT months integer[], OUT weekdays integer[], OUT picks_days boolean, OUT picks_weekdays boolean, OUT is_elapsing boolean) FROM PUBLIC;

--
-- Name: FUNCTION gap_warnings(p_pattern text, p_tz text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.gap_warnings(p_pattern text, p_tz text) FROM PUBLIC;

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
-- Name: FUNCTION hand_over_execution(p_execution_id bigint, p_token uuid); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.hand_over_execution(p_execution_id bigint, p_token uuid) FROM PUBLIC;

--
-- Name: FUNCTION hold_backup(p_backup_id bigint, p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.hold_backup(p_backup_id bigint, p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION missing_text(p_missing bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.missing_text(p_missing bigint) FROM PUBLIC;

--
-- Name: FUNCTION insert_attached(p_found jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.insert_attached(p_found jsonb) FROM PUBLIC;

--
-- Name: FUNCTION insert_items(p_backup_id bigint, p_items jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.insert_items(p_backup_id bigint, p_items jsonb) FROM PUBLIC;

--
-- Name: FUNCTION is_backup_name_taken(p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.is_backup_name_taken(p_name text) FROM PUBLIC;

--
-- Name: FUNCTION is_server_trouble(p_sqlstate text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.is_server_trouble(p_sqlstate text) FROM PUBLIC;

--
-- Name: FUNCTION judge_event(p_fqdn text, p_required_scopes text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.judge_event(p_fqdn text, p_required_scopes text[]) FROM PUBLIC;

--
-- Name: FUNCTION learn_body(p_backup_id bigint, p_items jsonb, p_missing jsonb, p_not_collected text[], p_versions jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.learn_body(p_backup_id bigint, p_items jsonb, p_missing jsonb, p_not_collected text[], p_versions jsonb) FROM PUBLIC;

--
-- Name: FUNCTION lease_end(p_lease interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.lease_end(p_lease interval) FROM PUBLIC;

--
-- Name: FUNCTION limits_text(p_limits jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.limits_text(p_limits jsonb) FROM PUBLIC;

--
-- Name: FUNCTION page_size(p_limit integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.page_size(p_limit integer) FROM PUBLIC;

--
-- Name: FUNCTION page_start(p_schedule_id bigint, p_marker bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.page_start(p_schedule_id bigint, p_marker bigint) FROM PUBLIC;

--
-- Name: FUNCTION list_executions(p_schedule_id bigint, p_marker bigint, p_limit integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.list_executions(p_schedule_id bigint, p_marker bigint, p_limit integer) FROM PUBLIC;

--
-- Name: FUNCTION lock_execution(p_execution_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.lock_execution(p_execution_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION lock_provider(p_provider_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.lock_provider(p_provider_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION lock_schedule(p_schedule_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.lock_schedule(p_schedule_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION lock_source_of(p_backup_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.lock_source_of(p_backup_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION lost_entries(p_backup_id bigint, p_entries bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.lost_entries(p_backup_id bigint, p_entries bigint) FROM PUBLIC;

--
-- Name: FUNCTION make_room(p_backup_copy_id bigint, p_token uuid); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.make_room(p_backup_copy_id bigint, p_token uuid) FROM PUBLIC;

--
-- Name: FUNCTION may_report(p_reporters text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.may_report(p_reporters text[]) FROM PUBLIC;

--
-- Name: FUNCTION merge_config_value(p_name text, p_value text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.merge_config_value(p_name text, p_value text) FROM PUBLIC;

--
-- Name: FUNCTION miss_due(p_schedule lastgood.schedule, p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.miss_due(p_schedule lastgood.schedule, p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION miss_slots(p_schedule_id bigint, p_slots timestamp with time zone[], p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.miss_slots(p_schedule_id bigint, p_slots timestamp with time zone[], p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION next_restore_copy(p_restore_id bigint, p_token uuid, p_tried bigint[], p_result text, p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.next_restore_copy(p_restore_id bigint, p_token uuid, p_tried bigint[], p_result text, p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION next_run_on(p_date date, p_hours integer[], p_minutes integer[], p_is_elapsing boolean, p_tz text, p_after timestamp with time zone); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.next_run_on(p_date date, p_hours integer[], p_minutes integer[], p_is_elapsing boolean, p_tz text, p_after timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION no_retry_reason(p_execution lastgood.execution); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.no_retry_reason(p_execution lastgood.execution) FROM PUBLIC;

--
-- Name: FUNCTION note_unreadable(p_provider_id bigint, p_keys text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.note_unreadable(p_provider_id bigint, p_keys text[]) FROM PUBLIC;

--
-- Name: FUNCTION overlap_reason(p_schedule lastgood.schedule, p_is_caught boolean); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.overlap_reason(p_schedule lastgood.schedule, p_is_caught boolean) FROM PUBLIC;

--
-- Name: FUNCTION own_backup(p_backup_id bigint, p_token uuid); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.own_backup(p_backup_id bigint, p_token uuid) FROM PUBLIC;

--
-- Name: FUNCTION own_backup_id(p_backup_id bigint, p_event_id uuid, p_status integer, p_fqdn text, p_scope text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.own_backup_id(p_backup_id bigint, p_event_id uuid, p_status integer, p_fqdn text, p_scope text) FROM PUBLIC;

--
-- Name: FUNCTION own_copy(p_backup_copy_id bigint, p_token uuid); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.own_copy(p_backup_copy_id bigint, p_token uuid) FROM PUBLIC;

--
-- Name: FUNCTION own_execution(p_execution_id bigint, p_token uuid); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.own_execution(p_execution_id bigint, p_token uuid) FROM PUBLIC;

--
-- Name: FUNCTION plan_schedule(p_schedule_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.plan_schedule(p_schedule_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION plan_slots(p_limit integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.plan_slots(p_limit integer) FROM PUBLIC;

--
-- Name: FUNCTION preview_runs(p_pattern text, p_tz text, p_from timestamp with time zone, p_count integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.preview_runs(p_pattern text, p_tz text, p_from timestamp with time zone, p_count integer) FROM PUBLIC;

--
-- Name: FUNCTION prune_events(p_batch integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.prune_events(p_batch integer) FROM PUBLIC;

--
-- Name: FUNCTION queue_slot(p_schedule_id bigint, p_slot_at timestamp with time zone, p_is_late boolean, p_skip_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.queue_slot(p_schedule_id bigint, p_slot_at timestamp with time zone, p_is_late boolean, p_skip_reason text) FROM PUBLIC;

--
-- Name: FUNCTION quota_reached(p_provider_id bigint, p_outgoing_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.quota_reached(p_provider_id bigint, p_outgoing_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION reap_backup(p_backup_id bigint, p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.reap_backup(p_backup_id bigint, p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION reap_backups(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.reap_backups() FROM PUBLIC;

--
-- Name: FUNCTION reap_execution(p_execution lastgood.execution, p_timeout interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.reap_execution(p_execution lastgood.execution, p_timeout interval) FROM PUBLIC;

--
-- Name: FUNCTION reap_executions(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.reap_executions() FROM PUBLIC;

--
-- Name: FUNCTION record_event(p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text, p_backup_id bigint, p_required_scopes text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.record_event(p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text, p_backup_id bigint, p_required_scopes text[]) FROM PUBLIC;

--
-- Name: FUNCTION record_verification(p_backup_copy_id bigint, p_level smallint, p_result text, p_reason text, p_packs text[], p_sample double precision); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.record_verification(p_backup_copy_id bigint, p_level smallint, p_result text, p_reason text, p_packs text[], p_sample double precision) FROM PUBLIC;

--
-- Name: FUNCTION refuse_schedule(p_values jsonb, p_column text, p_constraint text, p_message text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.refuse_schedule(p_values jsonb, p_column text, p_constraint text, p_message text) FROM PUBLIC;

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
-- Name: FUNCTION release_backup(p_backup_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.release_backup(p_backup_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION remember_code_layer(p_version text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.remember_code_layer(p_version text) FROM PUBLIC;

--
-- Name: FUNCTION renew_backup_lease(p_backup_id bigint, p_token uuid, p_lease interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.renew_backup_lease(p_backup_id bigint, p_token uuid, p_lease interval) FROM PUBLIC;

--
-- Name: FUNCTION renew_execution_lease(p_execution_id bigint, p_token uuid, p_lease interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.renew_execution_lease(p_execution_id bigint, p_token uuid, p_lease interval) FROM PUBLIC;

--
-- Name: FUNCTION renew_restore_lease(p_restore_id bigint, p_token uuid, p_lease interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.renew_restore_lease(p_restore_id bigint, p_token uuid, p_lease interval) FROM PUBLIC;

--
-- Name: FUNCTION repack_candidates(p_provider_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.repack_candidates(p_provider_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION replace_manifest(p_backup_copy_id bigint, p_old_sha256 text, p_manifest_key text, p_manifest_sha256 text, p_manifest_size bigint, p_packs jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.replace_manifest(p_backup_copy_id bigint, p_old_sha256 text, p_manifest_key text, p_manifest_sha256 text, p_manifest_size bigint, p_packs jsonb) FROM PUBLIC;

--
-- Name: FUNCTION report_backup(p_backup_id bigint, p_status integer, p_message text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.report_backup(p_backup_id bigint, p_status integer, p_message text) FROM PUBLIC;

--
-- Name: FUNCTION report_failure(p_execution lastgood.execution, p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.report_failure(p_execution lastgood.execution, p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION require_read_committed(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.require_read_committed() FROM PUBLIC;

--
-- Name: FUNCTION require_scopes_of(p_provider_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.require_scopes_of(p_provider_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION rescue_event(p_sqlstate text, p_error text, p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.rescue_event(p_sqlstate text, p_error text, p_scope text, p_done_at timestamp with time zone, p_status integer, p_message text, p_fqdn text, p_log_path text, p_event_id uuid, p_run_id text) FROM PUBLIC;

--
-- Name: FUNCTION reset_config_value(p_name text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.reset_config_value(p_name text) FROM PUBLIC;

--
-- Name: FUNCTION retention_needs(p_schedule_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.retention_needs(p_schedule_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION retention_slots(p_schedule_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.retention_slots(p_schedule_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION retention_plan(p_schedule_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.retention_plan(p_schedule_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION retire_system(p_fqdn text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.retire_system(p_fqdn text) FROM PUBLIC;

--
-- Name: FUNCTION retry_at(p_schedule_id bigint, p_attempt integer); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.retry_at(p_schedule_id bigint, p_attempt integer) FROM PUBLIC;

--
-- Name: FUNCTION revive_backups(p_found jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.revive_backups(p_found jsonb) FROM PUBLIC;

--
-- Name: FUNCTION run_schedule(p_schedule_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.run_schedule(p_schedule_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION schedule_changed(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.schedule_changed() FROM PUBLIC;

--
-- Name: FUNCTION schedule_notes(p_fqdn text, p_scope text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.schedule_notes(p_fqdn text, p_scope text) FROM PUBLIC;

--
-- Name: FUNCTION schedule_value_hint(p_column text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.schedule_value_hint(p_column text) FROM PUBLIC;

--
-- Name: FUNCTION schedule_warnings(p_pattern text, p_tz text, p_source_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.schedule_warnings(p_pattern text, p_tz text, p_source_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION schedules_to_expire(); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.schedules_to_expire() FROM PUBLIC;

--
-- Name: FUNCTION seal_backup(p_backup_id bigint, p_token uuid, p_size_bytes bigint, p_entries bigint, p_missing jsonb, p_not_collected text[], p_versions jsonb, p_groups text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.seal_backup(p_backup_id bigint, p_token uuid, p_size_bytes bigint, p_entries bigint, p_missing jsonb, p_not_collected text[], p_versions jsonb, p_groups text[]) FROM PUBLIC;

--
-- Name: FUNCTION seal_copy(p_backup_copy_id bigint, p_token uuid, p_manifest_key text, p_manifest_sha256 text, p_manifest_size bigint, p_stored_bytes bigint, p_packs jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.seal_copy(p_backup_copy_id bigint, p_token uuid, p_manifest_key text, p_manifest_sha256 text, p_manifest_size bigint, p_stored_bytes bigint, p_packs jsonb) FROM PUBLIC;

--
-- Name: FUNCTION second_run(p_pattern text, p_tz text, p_after timestamp with time zone); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.second_run(p_pattern text, p_tz text, p_after timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION set_alert_after(p_fqdn text, p_alert_after interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.set_alert_after(p_fqdn text, p_alert_after interval) FROM PUBLIC;

--
-- Name: FUNCTION set_config_value(p_name text, p_value text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.set_config_value(p_name text, p_value text) FROM PUBLIC;

--
-- Name: FUNCTION set_provider_limits(p_name text, p_limits jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.set_provider_limits(p_name text, p_limits jsonb) FROM PUBLIC;

--
-- Name: FUNCTION set_reporters(p_fqdn text, p_reporters text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.set_reporters(p_fqdn text, p_reporters text[]) FROM PUBLIC;

--
-- Name: FUNCTION set_required_scopes(p_fqdn text, p_required_scopes text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.set_required_scopes(p_fqdn text, p_required_scopes text[]) FROM PUBLIC;

--
-- Name: FUNCTION set_schedule(p_schedule_id bigint, p_changes jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.set_schedule(p_schedule_id bigint, p_changes jsonb) FROM PUBLIC;

--
-- Name: FUNCTION set_source_limits(p_name text, p_limits jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.set_source_limits(p_name text, p_limits jsonb) FROM PUBLIC;

--
-- Name: FUNCTION set_source_settings(p_name text, p_settings jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.set_source_settings(p_name text, p_settings jsonb) FROM PUBLIC;

--
-- Name: FUNCTION settings_text(p_settings jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.settings_text(p_settings jsonb) FROM PUBLIC;

--
-- Name: FUNCTION settle_alerts(p_fqdns text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.settle_alerts(p_fqdns text[]) FROM PUBLIC;

--
-- Name: FUNCTION settle_alerts_of(p_provider_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.settle_alerts_of(p_provider_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION settle_delete(p_backup_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.settle_delete(p_backup_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION settle_live_alerts(p_fqdns text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.settle_live_alerts(p_fqdns text[]) FROM PUBLIC;

--
-- Name: FUNCTION settle_packs(p_backup_copy_id bigint, p_packs jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.settle_packs(p_backup_copy_id bigint, p_packs jsonb) FROM PUBLIC;

--
-- Name: FUNCTION spread_damage(p_backup_copy_id bigint, p_packs text[], p_state text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.spread_damage(p_backup_copy_id bigint, p_packs text[], p_state text) FROM PUBLIC;

--
-- Name: FUNCTION stale_manifests(p_provider_id bigint, p_keys text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.stale_manifests(p_provider_id bigint, p_keys text[]) FROM PUBLIC;

--
-- Name: FUNCTION start_backup(p_source text, p_providers text[], p_name text, p_is_incremental boolean, p_parent_id bigint, p_host text, p_lease interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.start_backup(p_source text, p_providers text[], p_name text, p_is_incremental boolean, p_parent_id bigint, p_host text, p_lease interval) FROM PUBLIC;

--
-- Name: FUNCTION start_delete(p_backup_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.start_delete(p_backup_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION start_execution_backup(p_execution_id bigint, p_token uuid, p_host text, p_lease interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.start_execution_backup(p_execution_id bigint, p_token uuid, p_host text, p_lease interval) FROM PUBLIC;

--
-- Name: FUNCTION start_restore(p_backup_id bigint, p_backup_copy_id bigint, p_picked text[], p_target text, p_host text, p_lease interval, p_provider text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.start_restore(p_backup_id bigint, p_backup_copy_id bigint, p_picked text[], p_target text, p_host text, p_lease interval, p_provider text) FROM PUBLIC;

--
-- Name: FUNCTION start_scheduled_backup(p_schedule lastgood.schedule, p_name text, p_host text, p_lease interval); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.start_scheduled_backup(p_schedule lastgood.schedule, p_name text, p_host text, p_lease interval) FROM PUBLIC;

--
-- Name: FUNCTION stop_backup(p_backup_id bigint, p_reason text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.stop_backup(p_backup_id bigint, p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION stray_backups(p_provider_id bigint, p_names text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.stray_backups(p_provider_id bigint, p_names text[]) FROM PUBLIC;

--
-- Name: FUNCTION suspect_packs(p_backup_copy_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.suspect_packs(p_backup_copy_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION take_slots(p_schedule lastgood.schedule, p_now timestamp with time zone); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.take_slots(p_schedule lastgood.schedule, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION tell_hourly(p_log_type integer, p_message text, p_fqdn text, p_scope text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.tell_hourly(p_log_type integer, p_message text, p_fqdn text, p_scope text) FROM PUBLIC;

--
-- Name: FUNCTION tell_of_backup(p_log_type integer, p_backup_id bigint, p_who text, p_what text, p_why text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.tell_of_backup(p_log_type integer, p_backup_id bigint, p_who text, p_what text, p_why text) FROM PUBLIC;

--
-- Name: FUNCTION tell_of_schedule(p_log_type integer, p_schedule_id bigint, p_who text, p_what text, p_why text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.tell_of_schedule(p_log_type integer, p_schedule_id bigint, p_who text, p_what text, p_why text) FROM PUBLIC;

--
-- Name: FUNCTION tell_of_execution(p_log_type integer, p_execution lastgood.execution, p_what text); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.tell_of_execution(p_log_type integer, p_execution lastgood.execution, p_what text) FROM PUBLIC;

--
-- Name: FUNCTION tidy_scopes(p_scopes text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.tidy_scopes(p_scopes text[]) FROM PUBLIC;

--
-- Name: FUNCTION uncovered_groups(p_backup_id bigint, p_groups text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.uncovered_groups(p_backup_id bigint, p_groups text[]) FROM PUBLIC;

--
-- Name: FUNCTION use_packs(p_backup_copy_id bigint, p_token uuid, p_names text[]); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.use_packs(p_backup_copy_id bigint, p_token uuid, p_names text[]) FROM PUBLIC;

--
-- Name: FUNCTION write_schedule(p_schedule_id bigint, p_values jsonb); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.write_schedule(p_schedule_id bigint, p_values jsonb) FROM PUBLIC;

--
-- Name: FUNCTION log_engine_backup_event(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text); Type: ACL; Schema: lastgood_report; Owner: -
--

REVOKE ALL ON FUNCTION lastgood_report.log_engine_backup_event(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text) FROM PUBLIC;

--
-- Name: FUNCTION logenginebackupevent(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text); Type: ACL; Schema: lastgood_report; Owner: -
--

REVOKE ALL ON FUNCTION lastgood_report.logenginebackupevent(scope text, done_at timestamp with time zone, status integer, output_message text, fqdn text, log_path text) FROM PUBLIC;

--
-- Name: FUNCTION describe_attached(p_provider_id bigint); Type: ACL; Schema: lastgood; Owner: -
--

REVOKE ALL ON FUNCTION lastgood.describe_attached(p_provider_id bigint) FROM PUBLIC;

--
-- PostgreSQL database dump complete
--
