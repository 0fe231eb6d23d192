import type { ErrorCode } from './errors.ts';
/**
 * Body of `POST /functions/v1/chat/turns`. The session token travels in the `x-loacl-session` header.
 *
 * - `message`: a new message of the visitor's. `id` is a UUID that the client makes; sending the same id and text again
 *   joins the same turn. Without `threadId` the server makes a thread.
 * - `retry`: another try at answering the message `id` after its turn failed, was stopped or was cut.
 */
export type TurnRequest = {
    type: 'message';
    assistantId: string;
    id: string;
    threadId: string | null;
    text: string;
} | {
    type: 'retry';
    assistantId: string;
    id: string;
    threadId: string;
};
/** Largest accepted body of `POST /turns`, in bytes. Above it: `body_too_large`. */
export declare const MAX_BODY_BYTES = 262144;
type Parsed<T> = {
    ok: true;
    value: T;
} | {
    ok: false;
    code: ErrorCode;
    message: string;
};
/**
 * Reads a body of `POST /turns`. Members it does not know, a history among them, are ignored.
 * A missing `type` means `message`.
 */
export declare function parseTurnRequest(body: unknown): Parsed<TurnRequest>;
export {};
