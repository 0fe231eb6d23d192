/**
 * White space, controls, what Unicode says to ignore in display (Hangul fillers, joiners, variation selectors, tags, …),
 * and the other code points whose glyph is empty: the braille pattern without dots, interlinear annotation, the
 * place of an object that isn't there, blank hieroglyphs and their joiners, the Khitan filler, the null notehead. `is_blank`
 * in the database is the same.
 */
const BLANK = /^[\u{16fe4}\s\p{Cc}\p{DI}\u2800\ufff9-\ufffc\u{13430}-\u{13442}\u{1d159}]*$/u

/** Whether a text shows nothing. As a message it is `text_required`. */
export const isBlank = (text: string): boolean => BLANK.test(text)
