import { type StreamPart } from './parts.ts';
/** A part with its place in the turn, 1 for the first: what `GET /turns/:id?after=` takes. */
export interface NumberedPart {
    seq: number;
    part: StreamPart;
}
/** The end of a stream, as its last event. */
export declare const DONE_EVENT = "data: [DONE]\n\n";
/** A comment line: keeps the connection open and means nothing. */
export declare const HEARTBEAT_EVENT = ": \n\n";
/** One part as a server-sent event; the event's id is the part's place in the turn. */
export declare function encodePart({ seq, part }: NumberedPart): string;
/**
 * Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)
 * and yields the parts in them. `[DONE]` ends it. Events without an id are numbered on from the last one.
 *
 * Ends without a terminal part where the bytes end early: the caller decides what a cut stream means.
 *
 * @throws MalformedPartError
 */
export declare function readParts(body: ReadableStream<Uint8Array>): AsyncGenerator<NumberedPart, void, undefined>;
