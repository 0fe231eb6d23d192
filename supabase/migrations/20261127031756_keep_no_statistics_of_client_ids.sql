alter table loacl.messages alter column client_id set statistics 0;
alter table loacl.threads alter column client_id set statistics 0;
