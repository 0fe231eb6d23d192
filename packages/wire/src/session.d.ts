/** Request header that carries the visitor's session token, to the Data API and to the functions alike. */
export declare const SESSION_HEADER = "x-loacl-session";
/** 32 random bytes as unpadded base64url (RFC 4648, section 5). The database keeps only the SHA-256 of this text. */
export declare const SESSION_TOKEN: RegExp;
/** A UUID in its canonical, lower-case form (RFC 9562). */
export declare const UUID: RegExp;
