-- Asked for a thread, the planner crossed a visitor's whole history with it: to it, thread and session are strangers.
create index messages_session_id_thread_id_idx on loacl.messages (session_id, thread_id);
comment on index loacl.messages_session_id_thread_id_idx is
  'Serves: the policies'' question, whether or not a query names a thread.';
drop index loacl.messages_session_id_idx;
