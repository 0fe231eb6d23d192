-- What was said in a deleted thread is as gone for its visitor as the thread is.

create index threads_session_id_deleted_idx on loacl.threads (session_id) where status = 'deleted';
comment on index loacl.threads_session_id_deleted_idx is 'Serves: a visitor''s deleted threads, whose contents are hidden from them.';

create function loacl_private.own_deleted_thread_ids()
returns setof uuid
language sql
stable
security definer -- visitors can't see them
set search_path = ''
begin atomic
  select t.id
  from loacl.threads t
  where t.session_id = any (array(select loacl_private.own_session_ids())) and t.status = 'deleted';
end;
comment on function loacl_private.own_deleted_thread_ids() is
  'The calling visitor''s threads that are deleted and not yet purged. A policy that names them asks once per statement, where a look at each row''s thread would be asked for each row.';
revoke all on function loacl_private.own_deleted_thread_ids() from public;
grant execute on function loacl_private.own_deleted_thread_ids() to anon, authenticated;

alter policy messages_select_visitor on loacl.messages
  using (
    session_id = any (array(select loacl_private.own_session_ids()))
    and role <> 'system'
    and thread_id <> all (array(select loacl_private.own_deleted_thread_ids()))
  );
alter policy messages_select_own on loacl.messages
  using (
    (
      session_id = any (array(select loacl_private.own_session_ids()))
      and role <> 'system'
      and thread_id <> all (array(select loacl_private.own_deleted_thread_ids()))
    )
    or assistant_id = any (array(select loacl_private.own_assistant_ids()))
  );

alter policy follow_up_suggestions_select_visitor on loacl.follow_up_suggestions
  using (
    session_id = any (array(select loacl_private.own_session_ids()))
    and thread_id <> all (array(select loacl_private.own_deleted_thread_ids()))
  );
alter policy follow_up_suggestions_select_own on loacl.follow_up_suggestions
  using (
    (
      session_id = any (array(select loacl_private.own_session_ids()))
      and thread_id <> all (array(select loacl_private.own_deleted_thread_ids()))
    )
    or assistant_id = any (array(select loacl_private.own_assistant_ids()))
  );
alter policy follow_up_suggestions_update_own on loacl.follow_up_suggestions
  using (
    session_id = any (array(select loacl_private.own_session_ids()))
    and thread_id <> all (array(select loacl_private.own_deleted_thread_ids()))
  );

-- The next three had one policy for both roles. Whoever isn't signed in is no operator: without that half the planner
-- always has an index to go by, even for a visitor who asks for the whole table.
create policy message_annotations_select_visitor on loacl.message_annotations for select to anon
  using (
    session_id = any (array(select loacl_private.own_session_ids()))
    and thread_id <> all (array(select loacl_private.own_deleted_thread_ids()))
  );
alter policy message_annotations_select_own on loacl.message_annotations to authenticated
  using (
    (
      session_id = any (array(select loacl_private.own_session_ids()))
      and thread_id <> all (array(select loacl_private.own_deleted_thread_ids()))
    )
    or assistant_id = any (array(select loacl_private.own_assistant_ids()))
  );

create policy message_feedback_select_visitor on loacl.message_feedback for select to anon
  using (
    session_id = any (array(select loacl_private.own_session_ids()))
    and thread_id <> all (array(select loacl_private.own_deleted_thread_ids()))
  );
alter policy message_feedback_select_own on loacl.message_feedback to authenticated
  using (
    (
      session_id = any (array(select loacl_private.own_session_ids()))
      and thread_id <> all (array(select loacl_private.own_deleted_thread_ids()))
    )
    or assistant_id = any (array(select loacl_private.own_assistant_ids()))
  );
alter policy message_feedback_update_own on loacl.message_feedback
  using (
    session_id = any (array(select loacl_private.own_session_ids()))
    and thread_id <> all (array(select loacl_private.own_deleted_thread_ids()))
  );
alter policy message_feedback_delete_own on loacl.message_feedback
  using (
    session_id = any (array(select loacl_private.own_session_ids()))
    and thread_id <> all (array(select loacl_private.own_deleted_thread_ids()))
  );

-- A file that is in no thread yet is in no deleted one.
create policy files_select_visitor on loacl.files for select to anon
  using (
    session_id = any (array(select loacl_private.own_session_ids()))
    and (thread_id = any (array(select loacl_private.own_deleted_thread_ids()))) is not true
  );
alter policy files_select_own on loacl.files to authenticated
  using (
    (
      session_id = any (array(select loacl_private.own_session_ids()))
      and (thread_id = any (array(select loacl_private.own_deleted_thread_ids()))) is not true
    )
    or assistant_id = any (array(select loacl_private.own_assistant_ids()))
  );
