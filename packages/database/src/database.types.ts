
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  
  "loacl": {
          Tables: {
            "assistant_documents": {
                  Row: {
                    "assistant_id": string,"created_at": string,"document_id": string,"owner_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"created_at"?: string,"document_id": string,"owner_id"?: string
                  }
                  Update: {
                    "assistant_id"?: string,"created_at"?: string,"document_id"?: string,"owner_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "assistant_documents_assistant_fkey"
      columns: ["assistant_id","owner_id"]
isOneToOne: false
      referencedRelation: "assistants"
      referencedColumns: ["id","owner_id"]
    },{
      foreignKeyName: "assistant_documents_document_fkey"
      columns: ["document_id","owner_id"]
isOneToOne: false
      referencedRelation: "documents"
      referencedColumns: ["id","owner_id"]
    }
                  ]
                },"assistant_resources": {
                  Row: {
                    "assistant_id": string,"created_at": string,"is_given": boolean,"is_public": boolean,"owner_id": string,"position": number,"resource_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"created_at"?: string,"is_given"?: boolean,"is_public"?: boolean,"owner_id"?: string,"position"?: number,"resource_id": string,"updated_at"?: string
                  }
                  Update: {
                    "assistant_id"?: string,"created_at"?: string,"is_given"?: boolean,"is_public"?: boolean,"owner_id"?: string,"position"?: number,"resource_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "assistant_resources_assistant_fkey"
      columns: ["assistant_id","owner_id"]
isOneToOne: false
      referencedRelation: "assistants"
      referencedColumns: ["id","owner_id"]
    },{
      foreignKeyName: "assistant_resources_resource_fkey"
      columns: ["resource_id","owner_id"]
isOneToOne: false
      referencedRelation: "resources"
      referencedColumns: ["id","owner_id"]
    }
                  ]
                },"assistant_tools": {
                  Row: {
                    "approval_seconds": number,"assistant_id": string,"cost_usd": number | null,"created_at": string,"description": string,"endpoint": string | null,"hosted_options": Json | null,"hosted_type": string | null,"id": string,"identified_only": boolean,"is_active": boolean,"is_idempotent": boolean,"kind": string,"max_result_bytes": number,"mcp_server_id": string | null,"name": string,"parameters": NonNullable<Json>,"remote_name": string | null,"risk": string,"timeout_ms": number,"updated_at": string,"visitor_sees": string,"words": NonNullable<Json>
                  }
                  ComputedFields: never
                  Insert: {
                    "approval_seconds"?: number,"assistant_id": string,"cost_usd"?: number | null,"created_at"?: string,"description"?: string,"endpoint"?: string | null,"hosted_options"?: Json | null,"hosted_type"?: string | null,"id"?: string,"identified_only"?: boolean,"is_active"?: boolean,"is_idempotent"?: boolean,"kind": string,"max_result_bytes"?: number,"mcp_server_id"?: string | null,"name": string,"parameters"?: NonNullable<Json>,"remote_name"?: string | null,"risk"?: string,"timeout_ms"?: number,"updated_at"?: string,"visitor_sees"?: string,"words"?: NonNullable<Json>
                  }
                  Update: {
                    "approval_seconds"?: number,"assistant_id"?: string,"cost_usd"?: number | null,"created_at"?: string,"description"?: string,"endpoint"?: string | null,"hosted_options"?: Json | null,"hosted_type"?: string | null,"id"?: string,"identified_only"?: boolean,"is_active"?: boolean,"is_idempotent"?: boolean,"kind"?: string,"max_result_bytes"?: number,"mcp_server_id"?: string | null,"name"?: string,"parameters"?: NonNullable<Json>,"remote_name"?: string | null,"risk"?: string,"timeout_ms"?: number,"updated_at"?: string,"visitor_sees"?: string,"words"?: NonNullable<Json>
                  }
                  Relationships: [
                    {
      foreignKeyName: "assistant_tools_assistant_id_fkey"
      columns: ["assistant_id"]
isOneToOne: false
      referencedRelation: "assistants"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "assistant_tools_mcp_server_fkey"
      columns: ["mcp_server_id","assistant_id"]
isOneToOne: false
      referencedRelation: "mcp_servers"
      referencedColumns: ["id","assistant_id"]
    }
                  ]
                },"assistant_vector_stores": {
                  Row: {
                    "assistant_id": string,"created_at": string,"owner_id": string,"vector_store_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"created_at"?: string,"owner_id"?: string,"vector_store_id": string
                  }
                  Update: {
                    "assistant_id"?: string,"created_at"?: string,"owner_id"?: string,"vector_store_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "assistant_vector_stores_assistant_fkey"
      columns: ["assistant_id","owner_id"]
isOneToOne: false
      referencedRelation: "assistants"
      referencedColumns: ["id","owner_id"]
    },{
      foreignKeyName: "assistant_vector_stores_vector_store_fkey"
      columns: ["vector_store_id","owner_id"]
isOneToOne: false
      referencedRelation: "vector_stores"
      referencedColumns: ["id","owner_id"]
    }
                  ]
                },"assistants": {
                  Row: {
                    "allowed_origins": (string)[],"appearance": NonNullable<Json>,"context_strategy": string,"context_token_budget": number,"created_at": string,"description": string | null,"fallback_model": string | null,"fallback_provider_config_id": string | null,"file_bytes_per_day": number | null,"file_types": (string)[],"files_per_hour": number | null,"fingerprint": boolean,"follow_up_model": string | null,"follow_ups": boolean,"greeting": string | null,"id": string,"image_hosts": (string)[],"instructions": string,"is_active": boolean,"is_default": boolean,"max_file_bytes": number,"max_files_per_message": number,"max_message_length": number,"max_output_tokens": number,"max_tool_steps": number,"messages_per_hour_per_address": number | null,"messages_per_hour_per_fingerprint": number | null,"messages_per_minute": number | null,"messages_per_thread": number | null,"metadata": NonNullable<Json>,"model": string,"moderates_input": boolean,"moderates_output": boolean,"moderation_fails_open": boolean,"moderation_model": string,"moderation_provider_config_id": string | null,"name": string,"new_sessions_per_hour_per_address": number | null,"owner_id": string,"page_context": boolean,"paused_at": string | null,"provider_config_id": string | null,"reasoning_effort": string | null,"retention_days": number | null,"show_reasoning": boolean,"spend_per_day_usd": number | null,"spend_per_month_usd": number | null,"temperature": number | null,"tokens_per_day": number | null,"tools": NonNullable<Json>,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "allowed_origins"?: (string)[],"appearance"?: NonNullable<Json>,"context_strategy"?: string,"context_token_budget"?: number,"created_at"?: string,"description"?: string | null,"fallback_model"?: string | null,"fallback_provider_config_id"?: string | null,"file_bytes_per_day"?: number | null,"file_types"?: (string)[],"files_per_hour"?: number | null,"fingerprint"?: boolean,"follow_up_model"?: string | null,"follow_ups"?: boolean,"greeting"?: string | null,"id"?: string,"image_hosts"?: (string)[],"instructions"?: string,"is_active"?: boolean,"is_default"?: boolean,"max_file_bytes"?: number,"max_files_per_message"?: number,"max_message_length"?: number,"max_output_tokens"?: number,"max_tool_steps"?: number,"messages_per_hour_per_address"?: number | null,"messages_per_hour_per_fingerprint"?: number | null,"messages_per_minute"?: number | null,"messages_per_thread"?: number | null,"metadata"?: NonNullable<Json>,"model": string,"moderates_input"?: boolean,"moderates_output"?: boolean,"moderation_fails_open"?: boolean,"moderation_model"?: string,"moderation_provider_config_id"?: string | null,"name": string,"new_sessions_per_hour_per_address"?: number | null,"owner_id"?: string,"page_context"?: boolean,"paused_at"?: string | null,"provider_config_id"?: string | null,"reasoning_effort"?: string | null,"retention_days"?: number | null,"show_reasoning"?: boolean,"spend_per_day_usd"?: number | null,"spend_per_month_usd"?: number | null,"temperature"?: number | null,"tokens_per_day"?: number | null,"tools"?: NonNullable<Json>,"updated_at"?: string
                  }
                  Update: {
                    "allowed_origins"?: (string)[],"appearance"?: NonNullable<Json>,"context_strategy"?: string,"context_token_budget"?: number,"created_at"?: string,"description"?: string | null,"fallback_model"?: string | null,"fallback_provider_config_id"?: string | null,"file_bytes_per_day"?: number | null,"file_types"?: (string)[],"files_per_hour"?: number | null,"fingerprint"?: boolean,"follow_up_model"?: string | null,"follow_ups"?: boolean,"greeting"?: string | null,"id"?: string,"image_hosts"?: (string)[],"instructions"?: string,"is_active"?: boolean,"is_default"?: boolean,"max_file_bytes"?: number,"max_files_per_message"?: number,"max_message_length"?: number,"max_output_tokens"?: number,"max_tool_steps"?: number,"messages_per_hour_per_address"?: number | null,"messages_per_hour_per_fingerprint"?: number | null,"messages_per_minute"?: number | null,"messages_per_thread"?: number | null,"metadata"?: NonNullable<Json>,"model"?: string,"moderates_input"?: boolean,"moderates_output"?: boolean,"moderation_fails_open"?: boolean,"moderation_model"?: string,"moderation_provider_config_id"?: string | null,"name"?: string,"new_sessions_per_hour_per_address"?: number | null,"owner_id"?: string,"page_context"?: boolean,"paused_at"?: string | null,"provider_config_id"?: string | null,"reasoning_effort"?: string | null,"retention_days"?: number | null,"show_reasoning"?: boolean,"spend_per_day_usd"?: number | null,"spend_per_month_usd"?: number | null,"temperature"?: number | null,"tokens_per_day"?: number | null,"tools"?: NonNullable<Json>,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "assistants_fallback_provider_config_fkey"
      columns: ["fallback_provider_config_id","owner_id"]
isOneToOne: false
      referencedRelation: "provider_configs"
      referencedColumns: ["id","owner_id"]
    },{
      foreignKeyName: "assistants_moderation_provider_config_fkey"
      columns: ["moderation_provider_config_id","owner_id"]
isOneToOne: false
      referencedRelation: "provider_configs"
      referencedColumns: ["id","owner_id"]
    },{
      foreignKeyName: "assistants_provider_config_fkey"
      columns: ["provider_config_id","owner_id"]
isOneToOne: false
      referencedRelation: "provider_configs"
      referencedColumns: ["id","owner_id"]
    }
                  ]
                },"auto_approval_settings": {
                  Row: {
                    "assistant_id": string,"created_at": string,"low_risk_operations": boolean,"max_cost_per_hour_usd": number,"max_cost_per_tool_usd": number,"read_only_operations": boolean,"require_approval_for_new_tools": boolean,"specific_tools": NonNullable<Json>,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"created_at"?: string,"low_risk_operations"?: boolean,"max_cost_per_hour_usd"?: number,"max_cost_per_tool_usd"?: number,"read_only_operations"?: boolean,"require_approval_for_new_tools"?: boolean,"specific_tools"?: NonNullable<Json>,"updated_at"?: string
                  }
                  Update: {
                    "assistant_id"?: string,"created_at"?: string,"low_risk_operations"?: boolean,"max_cost_per_hour_usd"?: number,"max_cost_per_tool_usd"?: number,"read_only_operations"?: boolean,"require_approval_for_new_tools"?: boolean,"specific_tools"?: NonNullable<Json>,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "auto_approval_settings_assistant_id_fkey"
      columns: ["assistant_id"]
isOneToOne: true
      referencedRelation: "assistants"
      referencedColumns: ["id"]
    }
                  ]
                },"context_optimizations": {
                  Row: {
                    "affected_messages": (string)[],"assistant_id": string,"created_at": string,"id": string,"optimization_type": string,"summary": string | null,"thread_id": string,"tokens_after": number,"tokens_before": number,"trigger_reason": string
                  }
                  ComputedFields: never
                  Insert: {
                    "affected_messages"?: (string)[],"assistant_id": string,"created_at"?: string,"id"?: string,"optimization_type": string,"summary"?: string | null,"thread_id": string,"tokens_after": number,"tokens_before": number,"trigger_reason": string
                  }
                  Update: {
                    "affected_messages"?: (string)[],"assistant_id"?: string,"created_at"?: string,"id"?: string,"optimization_type"?: string,"summary"?: string | null,"thread_id"?: string,"tokens_after"?: number,"tokens_before"?: number,"trigger_reason"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "context_optimizations_assistant_id_fkey"
      columns: ["assistant_id"]
isOneToOne: false
      referencedRelation: "assistants"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "context_optimizations_thread_id_fkey"
      columns: ["thread_id"]
isOneToOne: false
      referencedRelation: "threads"
      referencedColumns: ["id"]
    }
                  ]
                },"conversation_tags": {
                  Row: {
                    "color": string | null,"created_at": string,"id": string,"metadata": NonNullable<Json>,"name": string,"owner_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "color"?: string | null,"created_at"?: string,"id"?: string,"metadata"?: NonNullable<Json>,"name": string,"owner_id"?: string,"updated_at"?: string
                  }
                  Update: {
                    "color"?: string | null,"created_at"?: string,"id"?: string,"metadata"?: NonNullable<Json>,"name"?: string,"owner_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    
                  ]
                },"document_vector_stores": {
                  Row: {
                    "created_at": string,"document_id": string,"error_message": string | null,"owner_id": string,"status": string,"updated_at": string,"vector_store_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"document_id": string,"error_message"?: string | null,"owner_id"?: string,"status"?: string,"updated_at"?: string,"vector_store_id": string
                  }
                  Update: {
                    "created_at"?: string,"document_id"?: string,"error_message"?: string | null,"owner_id"?: string,"status"?: string,"updated_at"?: string,"vector_store_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "document_vector_stores_document_fkey"
      columns: ["document_id","owner_id"]
isOneToOne: false
      referencedRelation: "documents"
      referencedColumns: ["id","owner_id"]
    },{
      foreignKeyName: "document_vector_stores_vector_store_fkey"
      columns: ["vector_store_id","owner_id"]
isOneToOne: false
      referencedRelation: "vector_stores"
      referencedColumns: ["id","owner_id"]
    }
                  ]
                },"documents": {
                  Row: {
                    "category": string | null,"created_at": string,"error_message": string | null,"id": string,"metadata": NonNullable<Json>,"mime_type": string | null,"original_name": string,"owner_id": string,"provider_config_id": string | null,"provider_file_id": string | null,"public_url": string | null,"sha256": string | null,"size_bytes": number | null,"status": string,"storage_path": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "category"?: string | null,"created_at"?: string,"error_message"?: string | null,"id"?: string,"metadata"?: NonNullable<Json>,"mime_type"?: string | null,"original_name": string,"owner_id"?: string,"provider_config_id"?: string | null,"provider_file_id"?: string | null,"public_url"?: string | null,"sha256"?: string | null,"size_bytes"?: number | null,"status"?: string,"storage_path"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "category"?: string | null,"created_at"?: string,"error_message"?: string | null,"id"?: string,"metadata"?: NonNullable<Json>,"mime_type"?: string | null,"original_name"?: string,"owner_id"?: string,"provider_config_id"?: string | null,"provider_file_id"?: string | null,"public_url"?: string | null,"sha256"?: string | null,"size_bytes"?: number | null,"status"?: string,"storage_path"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "documents_provider_config_fkey"
      columns: ["provider_config_id","owner_id"]
isOneToOne: false
      referencedRelation: "provider_configs"
      referencedColumns: ["id","owner_id"]
    }
                  ]
                },"file_objects": {
                  Row: {
                    "assistant_id": string,"closes_at": string | null,"created_at": string,"id": string,"mime_type": string,"person": string,"provider_config_id": string | null,"provider_file_id": string | null,"sha256": string,"size_bytes": number,"storage_path": string,"stored_at": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"closes_at"?: string | null,"created_at"?: string,"id"?: string,"mime_type": string,"person": string,"provider_config_id"?: string | null,"provider_file_id"?: string | null,"sha256": string,"size_bytes": number,"storage_path": string,"stored_at"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "assistant_id"?: string,"closes_at"?: string | null,"created_at"?: string,"id"?: string,"mime_type"?: string,"person"?: string,"provider_config_id"?: string | null,"provider_file_id"?: string | null,"sha256"?: string,"size_bytes"?: number,"storage_path"?: string,"stored_at"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "file_objects_assistant_id_fkey"
      columns: ["assistant_id"]
isOneToOne: false
      referencedRelation: "assistants"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "file_objects_provider_config_id_fkey"
      columns: ["provider_config_id"]
isOneToOne: false
      referencedRelation: "provider_configs"
      referencedColumns: ["id"]
    }
                  ]
                },"files": {
                  Row: {
                    "assistant_id": string,"created_at": string,"height": number | null,"id": string,"message_id": string | null,"metadata": NonNullable<Json>,"mime_type": string,"object_id": string,"original_name": string,"purpose": string,"session_id": string,"size_bytes": number,"thread_id": string | null,"updated_at": string,"width": number | null
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"created_at"?: string,"height"?: number | null,"id"?: string,"message_id"?: string | null,"metadata"?: NonNullable<Json>,"mime_type": string,"object_id": string,"original_name": string,"purpose"?: string,"session_id": string,"size_bytes": number,"thread_id"?: string | null,"updated_at"?: string,"width"?: number | null
                  }
                  Update: {
                    "assistant_id"?: string,"created_at"?: string,"height"?: number | null,"id"?: string,"message_id"?: string | null,"metadata"?: NonNullable<Json>,"mime_type"?: string,"object_id"?: string,"original_name"?: string,"purpose"?: string,"session_id"?: string,"size_bytes"?: number,"thread_id"?: string | null,"updated_at"?: string,"width"?: number | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "files_message_id_fkey"
      columns: ["message_id"]
isOneToOne: false
      referencedRelation: "messages"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "files_object_fkey"
      columns: ["object_id","assistant_id"]
isOneToOne: false
      referencedRelation: "file_objects"
      referencedColumns: ["id","assistant_id"]
    },{
      foreignKeyName: "files_session_fkey"
      columns: ["session_id","assistant_id"]
isOneToOne: false
      referencedRelation: "sessions"
      referencedColumns: ["id","assistant_id"]
    },{
      foreignKeyName: "files_thread_fkey"
      columns: ["thread_id","session_id","assistant_id"]
isOneToOne: false
      referencedRelation: "threads"
      referencedColumns: ["id","session_id","assistant_id"]
    }
                  ]
                },"follow_up_suggestions": {
                  Row: {
                    "assistant_id": string,"created_at": string,"id": string,"message_id": string,"metadata": NonNullable<Json>,"position": number,"session_id": string,"suggestion": string,"thread_id": string,"used_at": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"created_at"?: string,"id"?: string,"message_id": string,"metadata"?: NonNullable<Json>,"position": number,"session_id": string,"suggestion": string,"thread_id": string,"used_at"?: string | null
                  }
                  Update: {
                    "assistant_id"?: string,"created_at"?: string,"id"?: string,"message_id"?: string,"metadata"?: NonNullable<Json>,"position"?: number,"session_id"?: string,"suggestion"?: string,"thread_id"?: string,"used_at"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "follow_up_suggestions_message_id_fkey"
      columns: ["message_id"]
isOneToOne: false
      referencedRelation: "messages"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "follow_up_suggestions_thread_fkey"
      columns: ["thread_id","session_id","assistant_id"]
isOneToOne: false
      referencedRelation: "threads"
      referencedColumns: ["id","session_id","assistant_id"]
    }
                  ]
                },"guided_questions": {
                  Row: {
                    "assistant_id": string,"category": string | null,"created_at": string,"id": string,"is_active": boolean,"metadata": NonNullable<Json>,"priority": number,"question": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"category"?: string | null,"created_at"?: string,"id"?: string,"is_active"?: boolean,"metadata"?: NonNullable<Json>,"priority"?: number,"question": string,"updated_at"?: string
                  }
                  Update: {
                    "assistant_id"?: string,"category"?: string | null,"created_at"?: string,"id"?: string,"is_active"?: boolean,"metadata"?: NonNullable<Json>,"priority"?: number,"question"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "guided_questions_assistant_id_fkey"
      columns: ["assistant_id"]
isOneToOne: false
      referencedRelation: "assistants"
      referencedColumns: ["id"]
    }
                  ]
                },"mcp_servers": {
                  Row: {
                    "assistant_id": string,"created_at": string,"endpoint": string,"id": string,"is_active": boolean,"name": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"created_at"?: string,"endpoint": string,"id"?: string,"is_active"?: boolean,"name": string,"updated_at"?: string
                  }
                  Update: {
                    "assistant_id"?: string,"created_at"?: string,"endpoint"?: string,"id"?: string,"is_active"?: boolean,"name"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "mcp_servers_assistant_id_fkey"
      columns: ["assistant_id"]
isOneToOne: false
      referencedRelation: "assistants"
      referencedColumns: ["id"]
    }
                  ]
                },"message_annotations": {
                  Row: {
                    "assistant_id": string,"created_at": string,"document_id": string | null,"end_index": number | null,"file_id": string | null,"id": string,"message_id": string,"position": number,"quote": string | null,"session_id": string,"start_index": number | null,"text": string | null,"thread_id": string,"title": string | null,"type": string,"url": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"created_at"?: string,"document_id"?: string | null,"end_index"?: number | null,"file_id"?: string | null,"id"?: string,"message_id": string,"position"?: number,"quote"?: string | null,"session_id": string,"start_index"?: number | null,"text"?: string | null,"thread_id": string,"title"?: string | null,"type": string,"url"?: string | null
                  }
                  Update: {
                    "assistant_id"?: string,"created_at"?: string,"document_id"?: string | null,"end_index"?: number | null,"file_id"?: string | null,"id"?: string,"message_id"?: string,"position"?: number,"quote"?: string | null,"session_id"?: string,"start_index"?: number | null,"text"?: string | null,"thread_id"?: string,"title"?: string | null,"type"?: string,"url"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "message_annotations_document_id_fkey"
      columns: ["document_id"]
isOneToOne: false
      referencedRelation: "documents"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "message_annotations_file_id_fkey"
      columns: ["file_id"]
isOneToOne: false
      referencedRelation: "files"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "message_annotations_message_id_fkey"
      columns: ["message_id"]
isOneToOne: false
      referencedRelation: "messages"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "message_annotations_thread_fkey"
      columns: ["thread_id","session_id","assistant_id"]
isOneToOne: false
      referencedRelation: "threads"
      referencedColumns: ["id","session_id","assistant_id"]
    }
                  ]
                },"message_feedback": {
                  Row: {
                    "assistant_id": string,"comment": string | null,"created_at": string,"id": string,"message_id": string,"session_id": string,"thread_id": string,"updated_at": string,"value": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"comment"?: string | null,"created_at"?: string,"id"?: string,"message_id": string,"session_id": string,"thread_id": string,"updated_at"?: string,"value": string
                  }
                  Update: {
                    "assistant_id"?: string,"comment"?: string | null,"created_at"?: string,"id"?: string,"message_id"?: string,"session_id"?: string,"thread_id"?: string,"updated_at"?: string,"value"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "message_feedback_message_id_fkey"
      columns: ["message_id"]
isOneToOne: true
      referencedRelation: "messages"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "message_feedback_thread_fkey"
      columns: ["thread_id","session_id","assistant_id"]
isOneToOne: false
      referencedRelation: "threads"
      referencedColumns: ["id","session_id","assistant_id"]
    }
                  ]
                },"messages": {
                  Row: {
                    "assistant_id": string,"author": string,"client_id": string | null,"content": string,"context": Json | null,"created_at": string,"cut_reason": string | null,"error_code": string | null,"id": string,"metadata": NonNullable<Json>,"model": string | null,"parent_id": string | null,"parts": NonNullable<Json>,"role": string,"seq": number,"session_id": string,"status": string,"thread_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"author": string,"client_id"?: string | null,"content"?: string,"context"?: Json | null,"created_at"?: string,"cut_reason"?: string | null,"error_code"?: string | null,"id"?: string,"metadata"?: NonNullable<Json>,"model"?: string | null,"parent_id"?: string | null,"parts"?: NonNullable<Json>,"role": string,"seq"?: never,"session_id": string,"status"?: string,"thread_id": string,"updated_at"?: string
                  }
                  Update: {
                    "assistant_id"?: string,"author"?: string,"client_id"?: string | null,"content"?: string,"context"?: Json | null,"created_at"?: string,"cut_reason"?: string | null,"error_code"?: string | null,"id"?: string,"metadata"?: NonNullable<Json>,"model"?: string | null,"parent_id"?: string | null,"parts"?: NonNullable<Json>,"role"?: string,"seq"?: never,"session_id"?: string,"status"?: string,"thread_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "messages_parent_id_fkey"
      columns: ["parent_id"]
isOneToOne: false
      referencedRelation: "messages"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "messages_thread_fkey"
      columns: ["thread_id","session_id","assistant_id"]
isOneToOne: false
      referencedRelation: "threads"
      referencedColumns: ["id","session_id","assistant_id"]
    }
                  ]
                },"model_prices": {
                  Row: {
                    "cached_input_usd": number | null,"context_window": number | null,"created_at": string,"id": string,"input_usd": number,"model": string,"output_usd": number,"owner_id": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "cached_input_usd"?: number | null,"context_window"?: number | null,"created_at"?: string,"id"?: string,"input_usd": number,"model": string,"output_usd": number,"owner_id"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "cached_input_usd"?: number | null,"context_window"?: number | null,"created_at"?: string,"id"?: string,"input_usd"?: number,"model"?: string,"output_usd"?: number,"owner_id"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    
                  ]
                },"moderation_flags": {
                  Row: {
                    "assistant_id": string,"categories": (string)[],"created_at": string,"direction": string,"id": string,"message_id": string,"model": string,"session_id": string,"thread_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"categories"?: (string)[],"created_at"?: string,"direction": string,"id"?: string,"message_id": string,"model": string,"session_id": string,"thread_id": string
                  }
                  Update: {
                    "assistant_id"?: string,"categories"?: (string)[],"created_at"?: string,"direction"?: string,"id"?: string,"message_id"?: string,"model"?: string,"session_id"?: string,"thread_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "moderation_flags_message_id_fkey"
      columns: ["message_id"]
isOneToOne: false
      referencedRelation: "messages"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "moderation_flags_thread_fkey"
      columns: ["thread_id","session_id","assistant_id"]
isOneToOne: false
      referencedRelation: "threads"
      referencedColumns: ["id","session_id","assistant_id"]
    }
                  ]
                },"provider_configs": {
                  Row: {
                    "base_url": string | null,"created_at": string,"id": string,"is_active": boolean,"is_default": boolean,"key_last_four": string,"owner_id": string,"provider": string,"secret_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "base_url"?: string | null,"created_at"?: string,"id"?: string,"is_active"?: boolean,"is_default"?: boolean,"key_last_four": string,"owner_id": string,"provider"?: string,"secret_id": string,"updated_at"?: string
                  }
                  Update: {
                    "base_url"?: string | null,"created_at"?: string,"id"?: string,"is_active"?: boolean,"is_default"?: boolean,"key_last_four"?: string,"owner_id"?: string,"provider"?: string,"secret_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    
                  ]
                },"resources": {
                  Row: {
                    "content": string,"created_at": string,"id": string,"key": string,"metadata": NonNullable<Json>,"owner_id": string,"title": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "content": string,"created_at"?: string,"id"?: string,"key": string,"metadata"?: NonNullable<Json>,"owner_id"?: string,"title"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "content"?: string,"created_at"?: string,"id"?: string,"key"?: string,"metadata"?: NonNullable<Json>,"owner_id"?: string,"title"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    
                  ]
                },"sessions": {
                  Row: {
                    "assistant_id": string,"created_at": string,"expires_at": string,"external_id": string | null,"fingerprint_hash": string | null,"id": string,"last_active_at": string,"metadata": NonNullable<Json>,"session_type": string,"updated_at": string,"user_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"created_at"?: string,"expires_at"?: string,"external_id"?: string | null,"fingerprint_hash"?: string | null,"id"?: string,"last_active_at"?: string,"metadata"?: NonNullable<Json>,"session_type"?: string,"updated_at"?: string,"user_id"?: string | null
                  }
                  Update: {
                    "assistant_id"?: string,"created_at"?: string,"expires_at"?: string,"external_id"?: string | null,"fingerprint_hash"?: string | null,"id"?: string,"last_active_at"?: string,"metadata"?: NonNullable<Json>,"session_type"?: string,"updated_at"?: string,"user_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "sessions_assistant_id_fkey"
      columns: ["assistant_id"]
isOneToOne: false
      referencedRelation: "assistants"
      referencedColumns: ["id"]
    }
                  ]
                },"thread_overrides": {
                  Row: {
                    "assistant_id": string,"auto_approval": NonNullable<Json>,"context_token_budget": number | null,"created_at": string,"instructions": string | null,"max_output_tokens": number | null,"metadata": NonNullable<Json>,"model": string | null,"reasoning_effort": string | null,"temperature": number | null,"thread_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"auto_approval"?: NonNullable<Json>,"context_token_budget"?: number | null,"created_at"?: string,"instructions"?: string | null,"max_output_tokens"?: number | null,"metadata"?: NonNullable<Json>,"model"?: string | null,"reasoning_effort"?: string | null,"temperature"?: number | null,"thread_id": string,"updated_at"?: string
                  }
                  Update: {
                    "assistant_id"?: string,"auto_approval"?: NonNullable<Json>,"context_token_budget"?: number | null,"created_at"?: string,"instructions"?: string | null,"max_output_tokens"?: number | null,"metadata"?: NonNullable<Json>,"model"?: string | null,"reasoning_effort"?: string | null,"temperature"?: number | null,"thread_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "thread_overrides_assistant_id_fkey"
      columns: ["assistant_id"]
isOneToOne: false
      referencedRelation: "assistants"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "thread_overrides_thread_id_fkey"
      columns: ["thread_id"]
isOneToOne: true
      referencedRelation: "threads"
      referencedColumns: ["id"]
    }
                  ]
                },"thread_tags": {
                  Row: {
                    "assistant_id": string,"created_at": string,"owner_id": string,"tag_id": string,"thread_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"created_at"?: string,"owner_id"?: string,"tag_id": string,"thread_id": string
                  }
                  Update: {
                    "assistant_id"?: string,"created_at"?: string,"owner_id"?: string,"tag_id"?: string,"thread_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "thread_tags_assistant_fkey"
      columns: ["assistant_id","owner_id"]
isOneToOne: false
      referencedRelation: "assistants"
      referencedColumns: ["id","owner_id"]
    },{
      foreignKeyName: "thread_tags_tag_fkey"
      columns: ["tag_id","owner_id"]
isOneToOne: false
      referencedRelation: "conversation_tags"
      referencedColumns: ["id","owner_id"]
    },{
      foreignKeyName: "thread_tags_thread_id_fkey"
      columns: ["thread_id"]
isOneToOne: false
      referencedRelation: "threads"
      referencedColumns: ["id"]
    }
                  ]
                },"threads": {
                  Row: {
                    "assistant_id": string,"client_id": string | null,"created_at": string,"deleted_at": string | null,"id": string,"last_message_at": string,"metadata": NonNullable<Json>,"session_id": string,"shown_message_id": string | null,"status": string,"title": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id": string,"client_id"?: string | null,"created_at"?: string,"deleted_at"?: string | null,"id"?: string,"last_message_at"?: string,"metadata"?: NonNullable<Json>,"session_id": string,"shown_message_id"?: string | null,"status"?: string,"title"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "assistant_id"?: string,"client_id"?: string | null,"created_at"?: string,"deleted_at"?: string | null,"id"?: string,"last_message_at"?: string,"metadata"?: NonNullable<Json>,"session_id"?: string,"shown_message_id"?: string | null,"status"?: string,"title"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "threads_session_fkey"
      columns: ["session_id","assistant_id"]
isOneToOne: false
      referencedRelation: "sessions"
      referencedColumns: ["id","assistant_id"]
    }
                  ]
                },"tool_executions": {
                  Row: {
                    "approval_requested_at": string | null,"approved_at": string | null,"arguments_digest": string | null,"assistant_id": string,"call_id": string | null,"claimed_by": string | null,"completed_at": string | null,"cost_usd": number | null,"created_at": string,"error_code": string | null,"error_message": string | null,"executed_at": string | null,"execution_time_ms": number | null,"expires_at": string | null,"id": string,"idempotency_key": string | null,"kind": string | null,"message_id": string,"metadata": NonNullable<Json>,"parameters": NonNullable<Json>,"result": Json | null,"session_id": string,"status": string,"step": number | null,"thread_id": string,"tool_digest": string | null,"tool_id": string | null,"tool_name": string,"turn_id": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "approval_requested_at"?: string | null,"approved_at"?: string | null,"arguments_digest"?: string | null,"assistant_id": string,"call_id"?: string | null,"claimed_by"?: string | null,"completed_at"?: string | null,"cost_usd"?: number | null,"created_at"?: string,"error_code"?: string | null,"error_message"?: string | null,"executed_at"?: string | null,"execution_time_ms"?: never,"expires_at"?: string | null,"id"?: string,"idempotency_key"?: string | null,"kind"?: string | null,"message_id": string,"metadata"?: NonNullable<Json>,"parameters"?: NonNullable<Json>,"result"?: Json | null,"session_id": string,"status"?: string,"step"?: number | null,"thread_id": string,"tool_digest"?: string | null,"tool_id"?: string | null,"tool_name": string,"turn_id"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "approval_requested_at"?: string | null,"approved_at"?: string | null,"arguments_digest"?: string | null,"assistant_id"?: string,"call_id"?: string | null,"claimed_by"?: string | null,"completed_at"?: string | null,"cost_usd"?: number | null,"created_at"?: string,"error_code"?: string | null,"error_message"?: string | null,"executed_at"?: string | null,"execution_time_ms"?: never,"expires_at"?: string | null,"id"?: string,"idempotency_key"?: string | null,"kind"?: string | null,"message_id"?: string,"metadata"?: NonNullable<Json>,"parameters"?: NonNullable<Json>,"result"?: Json | null,"session_id"?: string,"status"?: string,"step"?: number | null,"thread_id"?: string,"tool_digest"?: string | null,"tool_id"?: string | null,"tool_name"?: string,"turn_id"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "tool_executions_message_id_fkey"
      columns: ["message_id"]
isOneToOne: false
      referencedRelation: "messages"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "tool_executions_thread_fkey"
      columns: ["thread_id","session_id","assistant_id"]
isOneToOne: false
      referencedRelation: "threads"
      referencedColumns: ["id","session_id","assistant_id"]
    },{
      foreignKeyName: "tool_executions_tool_id_fkey"
      columns: ["tool_id"]
isOneToOne: false
      referencedRelation: "assistant_tools"
      referencedColumns: ["id"]
    }
                  ]
                },"usage_logs": {
                  Row: {
                    "assistant_id": string | null,"cached_input_tokens": number,"cost_usd": number | null,"created_at": string,"id": string,"input_tokens": number,"is_estimate": boolean,"model": string,"output_tokens": number,"owner_id": string,"provider": string,"provider_config_id": string | null,"purpose": string,"reasoning_tokens": number,"session_id": string | null,"step": number | null,"thread_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "assistant_id"?: string | null,"cached_input_tokens": number,"cost_usd"?: number | null,"created_at"?: string,"id"?: string,"input_tokens": number,"is_estimate"?: boolean,"model": string,"output_tokens": number,"owner_id": string,"provider": string,"provider_config_id"?: string | null,"purpose": string,"reasoning_tokens": number,"session_id"?: string | null,"step"?: number | null,"thread_id"?: string | null
                  }
                  Update: {
                    "assistant_id"?: string | null,"cached_input_tokens"?: number,"cost_usd"?: number | null,"created_at"?: string,"id"?: string,"input_tokens"?: number,"is_estimate"?: boolean,"model"?: string,"output_tokens"?: number,"owner_id"?: string,"provider"?: string,"provider_config_id"?: string | null,"purpose"?: string,"reasoning_tokens"?: number,"session_id"?: string | null,"step"?: number | null,"thread_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "usage_logs_assistant_id_fkey"
      columns: ["assistant_id"]
isOneToOne: false
      referencedRelation: "assistants"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "usage_logs_session_id_fkey"
      columns: ["session_id"]
isOneToOne: false
      referencedRelation: "sessions"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "usage_logs_thread_id_fkey"
      columns: ["thread_id"]
isOneToOne: false
      referencedRelation: "threads"
      referencedColumns: ["id"]
    }
                  ]
                },"vector_stores": {
                  Row: {
                    "created_at": string,"expires_after_days": number | null,"expires_at": string | null,"id": string,"metadata": NonNullable<Json>,"name": string,"owner_id": string,"provider_config_id": string | null,"provider_vector_store_id": string | null,"status": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"expires_after_days"?: number | null,"expires_at"?: string | null,"id"?: string,"metadata"?: NonNullable<Json>,"name": string,"owner_id"?: string,"provider_config_id"?: string | null,"provider_vector_store_id"?: string | null,"status"?: string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"expires_after_days"?: number | null,"expires_at"?: string | null,"id"?: string,"metadata"?: NonNullable<Json>,"name"?: string,"owner_id"?: string,"provider_config_id"?: string | null,"provider_vector_store_id"?: string | null,"status"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "vector_stores_provider_config_fkey"
      columns: ["provider_config_id","owner_id"]
isOneToOne: false
      referencedRelation: "provider_configs"
      referencedColumns: ["id","owner_id"]
    }
                  ]
                }
          }
          Views: {
            [_ in never]: never
          }
          Functions: {
            "add_file":
{ Args: { "mime_type": string,"original_name": string,"purpose"?: string,"session_id": string,"sha256": string,"size_bytes": number,"thread_id": string }; Returns: Json
                           },
"answer_call":
{ Args: { "answer": Json,"claims"?: Json,"execution_id": string,"tab": string }; Returns: Json
                           },
"append_turn_parts":
{ Args: { "lease": string,"parts": Json,"seq": number,"turn_id": string }; Returns: Json
                           },
"begin_calls":
{ Args: { "calls": Json,"lease": string,"step": number,"turn_id": string }; Returns: Json
                           },
"begin_step":
{ Args: { "input": Json,"lease": string,"outcome"?: Json,"step": number,"turn_id": string }; Returns: Json
                           },
"begin_summary":
{ Args: { "lease": string,"turn_id": string }; Returns: Json
                           },
"begin_turn":
{ Args: { "request": Json }; Returns: Json
                           },
"begin_upload":
{ Args: { "request": Json }; Returns: Json
                           },
"choose_branch":
{ Args: { "message_id": string,"thread_id": string }; Returns: Json
                           },
"claim_call":
{ Args: { "claims"?: Json,"execution_id": string,"tab": string }; Returns: Json
                           },
"complete_upload":
{ Args: { "claims": Json,"measured": Json,"upload_id": string }; Returns: Json
                           },
"confirm_deletion":
{ Args: { "deletion_id": string }; Returns: undefined
                           },
"continue_turn":
{ Args: { "claims"?: Json,"turn_id": string }; Returns: Json
                           },
"decide_call":
{ Args: { "approved": boolean,"arguments_digest": string,"claims"?: Json,"execution_id": string,"reason"?: string }; Returns: Json
                           },
"delete_file":
{ Args: { "file_id": string }; Returns: undefined
                           },
"delete_thread":
{ Args: { "thread_id": string }; Returns: Json
                           },
"describe_identity_secret":
{ Args: { "assistant_id": string,"owner_id": string }; Returns: Json
                           },
"describe_tool_secret":
{ Args: { "assistant_id": string,"owner_id": string }; Returns: Json
                           },
"end_call":
{ Args: { "execution_id": string,"lease": string,"outcome": Json,"turn_id": string }; Returns: Json
                           },
"erase_visitor":
{ Args: { "session_id": string }; Returns: Json
                           },
"erase_visitor_data":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"export_visitor":
{ Args: { "session_id": string }; Returns: Json
                           },
"export_visitor_data":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"fail_deletion":
{ Args: { "deletion_id": string,"error": string }; Returns: undefined
                           },
"find_cited_files":
{ Args: { "file_ids": (string)[],"lease": string,"turn_id": string }; Returns: Json
                           },
"find_file":
{ Args: { "claims"?: Json,"file_id": string }; Returns: Json
                           },
"find_thread":
{ Args: { "id": string }; Returns: Json
                           },
"find_turn":
{ Args: { "claims"?: Json,"thread_id": string }; Returns: string
                           },
"find_upload":
{ Args: { "claims"?: Json,"upload_id": string }; Returns: Json
                           },
"finish_turn":
{ Args: { "lease": string,"outcome": Json,"turn_id": string }; Returns: undefined
                           },
"fold_turn":
{ Args: { "content": string,"parts": Json,"turn_id": string }; Returns: undefined
                           },
"get_operator_role":
{ Args: { "user_id": string }; Returns: string
                           },
"identify_session":
{ Args: { "request": Json }; Returns: Json
                           },
"is_tool_approved":
{ Args: { "cost_usd"?: number,"risk": string,"thread_id": string,"tool_digest"?: string,"tool_name": string }; Returns: boolean
                           },
"list_events":
{ Args: { "after"?: number,"thread_id": string }; Returns: Json
                           },
"list_messages":
{ Args: { "cursor"?: string,"page_size"?: number,"thread_id": string }; Returns: Json
                           },
"list_resources":
{ Args: { "assistant_id": string }; Returns: Json
                           },
"list_secrets_to_reseal":
{ Args: { "after_id"?: string,"batch_size"?: number,"key_id": string,"owner_id"?: string }; Returns: Json
                           },
"list_threads":
{ Args: { "archived"?: boolean,"assistant_id": string,"cursor"?: string,"page_size"?: number,"search"?: string }; Returns: Json
                           },
"list_unfolded_turns":
{ Args: { "max_turns": number }; Returns: Json
                           },
"locate_file":
{ Args: { "file_id": string }; Returns: Json
                           },
"open_session":
{ Args: { "assistant_id": string }; Returns: Json
                           },
"read_identity_secret":
{ Args: { "assistant_id": string }; Returns: Json
                           },
"read_mcp_server":
{ Args: { "mcp_server_id": string,"owner_id": string }; Returns: Json
                           },
"read_provider_key":
{ Args: { "config_id"?: string,"owner_id": string }; Returns: Json
                           },
"read_turn_parts":
{ Args: { "after_seq": number,"claims"?: Json,"turn_id": string }; Returns: Json
                           },
"remove_file":
{ Args: { "claims"?: Json,"file_id": string }; Returns: undefined
                           },
"remove_identity_secret":
{ Args: { "assistant_id": string,"owner_id": string }; Returns: boolean
                           },
"remove_mcp_secret":
{ Args: { "mcp_server_id": string,"owner_id": string }; Returns: boolean
                           },
"remove_provider_key":
{ Args: { "config_id": string,"owner_id": string }; Returns: boolean
                           },
"remove_tool_secret":
{ Args: { "assistant_id": string,"owner_id": string }; Returns: boolean
                           },
"reseal_secret":
{ Args: { "ciphertext": string,"key_id": string,"old_ciphertext": string,"secret_id": string }; Returns: boolean
                           },
"restore_thread":
{ Args: { "thread_id": string }; Returns: Json
                           },
"resume_turn":
{ Args: { "claims"?: Json,"deadline_ms": number,"lease": string,"step": number,"turn_id": string }; Returns: Json
                           },
"run_calls":
{ Args: { "lease": string,"step": number,"turn_id": string }; Returns: Json
                           },
"run_clean_up":
{ Args: Record<PropertyKey, never>; Returns: boolean
                           },
"save_follow_ups":
{ Args: { "is_called"?: boolean,"lease": string,"moderation"?: Json,"suggestions": (string)[],"title": string,"turn_id": string,"usage": Json }; Returns: Json
                           },
"save_summary":
{ Args: { "is_called"?: boolean,"lease": string,"plan": Json,"summary": string,"turn_id": string,"usage": Json }; Returns: Json
                           },
"set_feedback":
{ Args: { "comment"?: string,"message_id": string,"value": string }; Returns: Json
                           },
"set_identity_secret":
{ Args: { "assistant_id": string,"ciphertext": string,"key_id": string,"last_four": string,"owner_id": string,"secret_id": string }; Returns: undefined
                           },
"set_mcp_secret":
{ Args: { "ciphertext": string,"endpoint": string,"key_id": string,"last_four": string,"mcp_server_id": string,"owner_id": string,"secret_id": string }; Returns: undefined
                           },
"set_provider_key":
{ Args: { "base_url": string,"ciphertext": string,"is_default"?: boolean,"key_id": string,"last_four": string,"owner_id": string,"provider": string,"secret_id": string }; Returns: string
                           },
"set_tool_secret":
{ Args: { "assistant_id": string,"ciphertext": string,"key_id": string,"last_four": string,"owner_id": string,"secret_id": string }; Returns: undefined
                           },
"shorten_history":
{ Args: { "lease": string,"turn_id": string }; Returns: Json
                           },
"sign_out_session":
{ Args: Record<PropertyKey, never>; Returns: undefined
                           },
"stop_message":
{ Args: { "claims"?: Json,"message_id": string }; Returns: Json
                           },
"stop_turn":
{ Args: { "claims"?: Json,"turn_id": string }; Returns: Json
                           },
"take_deletions":
{ Args: { "batch_size"?: number }; Returns: Json
                           },
"update_thread":
{ Args: { "status"?: string,"thread_id": string,"title"?: string }; Returns: Json
                           },
"usage_metrics":
{ Args: { "assistant_id"?: string,"by": string,"since"?: string,"until"?: string }; Returns: Json
                           },
"use_suggestion":
{ Args: { "suggestion_id": string }; Returns: undefined
                           },
"wait_turn":
{ Args: { "lease": string,"outcome": Json,"turn_id": string,"wait_ms": number }; Returns: Json
                           }
          }
          Enums: {
            [_ in never]: never
          }
          CompositeTypes: {
            [_ in never]: never
          }
        }
}

type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "loacl">]

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
  ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R
    }
    ? R
    : never
  : never

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I
    }
    ? I
    : never
  : never

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U
    }
    ? U
    : never
  : never

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
  ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
  ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never

export const Constants = {
  "loacl": {
          Enums: {
            
          }
        }
} as const
