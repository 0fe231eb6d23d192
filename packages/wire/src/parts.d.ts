import type { CutReason, MessageStatus, Suggestion, Usage } from './dto.ts';
import type { WireError } from './errors.ts';
/** LOACL's own parts, by name. On the wire: `{"type": "data-<name>", "data": …}`. */
export interface DataParts {
    /** First part after `start`: the ids of what the database now holds. */
    turn: {
        turnId: string;
        threadId: string;
        userMessageId: string;
        messageId: string;
    };
    /** The answer is stored. What follows (follow-ups, title) may still come. */
    'answer-complete': {
        messageId: string;
        status: Exclude<MessageStatus, 'streaming'>;
        cutReason: CutReason | null;
        usage: Usage | null;
    };
    'follow-ups': {
        messageId: string;
        suggestions: readonly Suggestion[];
    };
    title: {
        threadId: string;
        title: string;
    };
    /** Stands right before an `error` part and says what it can't: the code. */
    error: WireError;
}
/** `length` and `content-filter` cut the answer short, and so does `other`: the turn's time was up. */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'interrupted' | 'other';
type DataPart = {
    [Name in keyof DataParts]: {
        type: `data-${Name}`;
        data: DataParts[Name];
        transient?: boolean;
    };
}[keyof DataParts];
/**
 * The subset of the AI SDK's UI message stream, version 1, that LOACL writes and reads.
 * Source: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol and `uiMessageChunkSchema` in the `ai` package.
 */
export type StreamPart = 
/** The answer from its beginning: a reader that already holds some of this message drops it. */
{
    type: 'start';
    messageId?: string;
} | {
    type: 'start-step';
} | {
    type: 'finish-step';
} | {
    type: 'text-start';
    id: string;
} | {
    type: 'text-delta';
    id: string;
    delta: string;
} | {
    type: 'text-end';
    id: string;
} | {
    type: 'reasoning-start';
    id: string;
} | {
    type: 'reasoning-delta';
    id: string;
    delta: string;
} | {
    type: 'reasoning-end';
    id: string;
} | {
    type: 'source-url';
    sourceId: string;
    url: string;
    title?: string;
} | {
    type: 'source-document';
    sourceId: string;
    mediaType: string;
    title: string;
    filename?: string;
} | DataPart
/** The three that end a stream: exactly one comes, and it is the last part. */
 | {
    type: 'finish';
    finishReason?: FinishReason;
} | {
    type: 'abort';
    reason?: string;
} | {
    type: 'error';
    errorText: string;
};
export declare const STREAM_HEADERS: {
    readonly 'content-type': 'text/event-stream; charset=utf-8';
    readonly 'cache-control': 'no-cache, no-transform';
    readonly 'x-vercel-ai-ui-message-stream': 'v1';
    readonly 'x-accel-buffering': 'no';
};
/** A part that claims a known type and breaks its shape. `code` is `stream_malformed`. */
export declare class MalformedPartError extends Error {
    name: 'MalformedPartError';
    readonly code: 'stream_malformed';
}
/**
 * One event's data → a part; `null` for a type this version does not know, which a reader skips.
 * @throws MalformedPartError where it is no JSON object with a `type`, or a known type lacks what it needs.
 */
export declare function parsePart(data: string): StreamPart | null;
/** Whether this part ends its stream. */
export declare const isTerminal: (part: StreamPart) => boolean;
export {};
