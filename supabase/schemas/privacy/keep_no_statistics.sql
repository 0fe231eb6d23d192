-- The planner's statistics of a column cover all rows, whoever they belong to, and the Data API gives out estimates made
-- from them: `Prefer: count=planned`, for any filter and regardless of row security. Histograms and most common values would
-- tell somebody who has only the publishable key whether others wrote a certain thing, or who they are.
-- So statistics are kept only of LOACL's own ids, times, flags, positions, and words that are in this folder anyway. LOACL's
-- queries find rows by nothing else, except by keys that are unique or nearly so. Without statistics the planner assumes that
-- one in two hundred rows has a given key of the latter kind, so queries pass on what they find by it in an array, which the
-- planner takes for small.

alter table loacl.assistants
  alter column name set statistics 0,
  alter column description set statistics 0,
  alter column greeting set statistics 0,
  alter column model set statistics 0,
  alter column moderation_model set statistics 0,
  alter column fallback_model set statistics 0,
  alter column follow_up_model set statistics 0,
  alter column instructions set statistics 0,
  alter column max_tool_steps set statistics 0,
  alter column temperature set statistics 0,
  alter column max_output_tokens set statistics 0,
  alter column context_token_budget set statistics 0,
  alter column max_message_length set statistics 0,
  alter column allowed_origins set statistics 0,
  alter column messages_per_minute set statistics 0,
  alter column messages_per_hour_per_address set statistics 0,
  alter column messages_per_hour_per_fingerprint set statistics 0,
  alter column new_sessions_per_hour_per_address set statistics 0,
  alter column messages_per_thread set statistics 0,
  alter column tokens_per_day set statistics 0,
  alter column spend_per_day_usd set statistics 0,
  alter column spend_per_month_usd set statistics 0,
  alter column retention_days set statistics 0,
  alter column image_hosts set statistics 0,
  alter column file_types set statistics 0,
  alter column max_file_bytes set statistics 0,
  alter column max_files_per_message set statistics 0,
  alter column file_bytes_per_day set statistics 0,
  alter column files_per_hour set statistics 0;
alter table loacl.auto_approval_settings
  alter column max_cost_per_tool_usd set statistics 0,
  alter column max_cost_per_hour_usd set statistics 0;
alter table loacl.context_optimizations
  alter column tokens_before set statistics 0,
  alter column tokens_after set statistics 0,
  alter column summary set statistics 0;
alter table loacl.conversation_tags
  alter column name set statistics 0,
  alter column color set statistics 0;
alter table loacl.document_vector_stores
  alter column error_message set statistics 0;
alter table loacl.documents
  alter column original_name set statistics 0,
  alter column category set statistics 0,
  alter column mime_type set statistics 0,
  alter column size_bytes set statistics 0,
  alter column sha256 set statistics 0,
  alter column storage_path set statistics 0,
  alter column provider_file_id set statistics 0,
  alter column error_message set statistics 0,
  alter column public_url set statistics 0;
alter table loacl.file_objects
  alter column person set statistics 0,
  alter column sha256 set statistics 0,
  alter column size_bytes set statistics 0,
  alter column mime_type set statistics 0,
  alter column storage_path set statistics 0,
  alter column provider_file_id set statistics 0;
alter table loacl.files
  alter column original_name set statistics 0,
  alter column mime_type set statistics 0,
  alter column size_bytes set statistics 0,
  alter column width set statistics 0,
  alter column height set statistics 0;
alter table loacl.follow_up_suggestions
  alter column suggestion set statistics 0;
alter table loacl.guided_questions
  alter column question set statistics 0,
  alter column category set statistics 0;
alter table loacl.message_annotations
  alter column text set statistics 0,
  alter column title set statistics 0,
  alter column url set statistics 0,
  alter column quote set statistics 0,
  alter column start_index set statistics 0,
  alter column end_index set statistics 0;
alter table loacl.message_feedback
  alter column comment set statistics 0;
alter table loacl.messages
  alter column client_id set statistics 0,
  alter column content set statistics 0,
  alter column model set statistics 0,
  alter column error_code set statistics 0;
alter table loacl.model_prices
  alter column model set statistics 0,
  alter column input_usd set statistics 0,
  alter column cached_input_usd set statistics 0,
  alter column output_usd set statistics 0,
  alter column context_window set statistics 0;
alter table loacl.moderation_flags
  alter column categories set statistics 0,
  alter column model set statistics 0;
alter table loacl.provider_configs
  alter column base_url set statistics 0,
  alter column key_last_four set statistics 0;
alter table loacl.resources
  alter column key set statistics 0,
  alter column title set statistics 0,
  alter column content set statistics 0;
alter table loacl.sessions
  alter column user_id set statistics 0,
  alter column external_id set statistics 0,
  alter column fingerprint_hash set statistics 0;
alter table loacl.thread_overrides
  alter column model set statistics 0,
  alter column instructions set statistics 0,
  alter column temperature set statistics 0,
  alter column max_output_tokens set statistics 0,
  alter column context_token_budget set statistics 0;
alter table loacl.threads
  alter column client_id set statistics 0,
  alter column title set statistics 0;
alter table loacl.tool_executions
  alter column step set statistics 0,
  alter column tool_digest set statistics 0,
  alter column arguments_digest set statistics 0,
  alter column claimed_by set statistics 0,
  alter column call_id set statistics 0,
  alter column tool_name set statistics 0,
  alter column execution_time_ms set statistics 0,
  alter column cost_usd set statistics 0,
  alter column error_message set statistics 0;
alter table loacl.usage_logs
  alter column step set statistics 0,
  alter column provider set statistics 0,
  alter column model set statistics 0,
  alter column input_tokens set statistics 0,
  alter column cached_input_tokens set statistics 0,
  alter column output_tokens set statistics 0,
  alter column reasoning_tokens set statistics 0,
  alter column cost_usd set statistics 0;
alter table loacl.vector_stores
  alter column name set statistics 0,
  alter column provider_vector_store_id set statistics 0,
  alter column expires_after_days set statistics 0;
alter table loacl.assistant_tools
  alter column name set statistics 0,
  alter column description set statistics 0,
  alter column endpoint set statistics 0,
  alter column remote_name set statistics 0,
  alter column cost_usd set statistics 0,
  alter column timeout_ms set statistics 0,
  alter column max_result_bytes set statistics 0,
  alter column approval_seconds set statistics 0;
alter table loacl.mcp_servers
  alter column name set statistics 0,
  alter column endpoint set statistics 0;
