create function loacl_private.check_rates(
  assistant loacl.assistants, session_id uuid, is_new_session boolean, address text, fingerprint text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  network text := loacl_private.to_network(address);
begin
  -- Loopback addresses are the machine's own, and not counted. All requests without an address share one count.
  if network is null or not (network::inet <<= inet '127.0.0.0/8' or address::inet = inet '::1') then
    perform loacl_private.count_up(
      array['address', assistant.id::text, coalesce(network, '')],
      assistant.messages_per_hour_per_address, interval '1 hour',
      'Many messages came from your network within the last hour. Please try again later.'
    );
    if is_new_session then
      perform loacl_private.count_up(
        array['new_session', assistant.id::text, coalesce(network, '')],
        assistant.new_sessions_per_hour_per_address, interval '1 hour',
        'Many new visitors came from your network within the last hour. Please try again later.'
      );
    end if;
  end if;
  if fingerprint is not null then
    perform loacl_private.count_up(
      array['fingerprint', assistant.id::text, fingerprint],
      assistant.messages_per_hour_per_fingerprint, interval '1 hour',
      'Many messages came from browsers like yours within the last hour. Please try again later.'
    );
  end if;
  perform loacl_private.count_up(
    array['session', assistant.id::text, session_id::text],
    assistant.messages_per_minute, interval '1 minute',
    'You sent many messages within a minute. Please wait a moment.'
  );
end
$$;
comment on function loacl_private.check_rates(loacl.assistants, uuid, boolean, text, text) is
  'Counts a message of a session against the assistant''s limits, always in the same order, so that no two wait for each other. Errors: rate_limited.';
revoke all on function loacl_private.check_rates(loacl.assistants, uuid, boolean, text, text) from public;

create function loacl_private.check_thread_length(assistant loacl.assistants, thread_id uuid)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if assistant.messages_per_thread <= (
    select count(*) from loacl.messages m where m.thread_id = check_thread_length.thread_id and m.role = 'user'
  ) then
    perform loacl_private.raise_error(429, 'thread_full', 'This conversation is full. Please begin a new one.');
  end if;
end
$$;
comment on function loacl_private.check_thread_length(loacl.assistants, uuid) is
  'Refuses a further message where the thread holds as many of the visitor''s as it may. The caller holds the thread. Errors: thread_full.';
revoke all on function loacl_private.check_thread_length(loacl.assistants, uuid) from public;
