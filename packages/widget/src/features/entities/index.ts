import type { Further } from '../runtime.ts'

/** The names of HTML 4 without accents and without Greek capitals, each run after the code of its first. */
const RUNS =
  '161 iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro ' +
  'para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest 198 AElig 208 ETH 215 times Oslash 222 THORN szlig ' +
  '230 aelig 240 eth 247 divide oslash 254 thorn 338 OElig oelig 402 fnof 710 circ 732 tilde 977 thetasym upsih ' +
  '945 alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau ' +
  'upsilon phi chi psi omega 982 piv 8194 ensp emsp 8201 thinsp 8204 zwnj zwj lrm rlm 8211 ndash mdash 8216 lsquo rsquo sbquo 8220 ldquo rdquo ' +
  'bdquo 8224 dagger Dagger bull 8230 hellip 8240 permil 8242 prime Prime 8249 lsaquo rsaquo 8254 oline 8260 frasl ' +
  '8364 euro 8465 image 8472 weierp 8476 real 8482 trade 8501 alefsym 8592 larr uarr rarr darr harr 8629 crarr ' +
  '8656 lArr uArr rArr dArr hArr 8704 forall 8706 part exist 8709 empty 8711 nabla isin notin 8715 ni 8719 prod ' +
  '8721 sum minus 8727 lowast 8730 radic 8733 prop infin 8736 ang 8743 and or cap cup int 8756 there4 8764 sim ' +
  '8773 cong 8776 asymp 8800 ne equiv 8804 le ge 8834 sub sup nsub 8838 sube supe 8853 oplus 8855 otimes 8869 perp ' +
  '8901 sdot 8968 lceil rceil lfloor rfloor 9674 loz 9824 spades 9827 clubs 9829 hearts diams 10216 lang rang'

const ALPHA = 945
const OMEGA = 969

/** Marks that a letter may have, as in `&eacute;`. */
const MARKS = new Map([
  ['\u0300', 'grave'],
  ['\u0301', 'acute'],
  ['\u0302', 'circ'],
  ['\u0303', 'tilde'],
  ['\u0308', 'uml'],
  ['\u030a', 'ring'],
  ['\u030c', 'caron'],
  ['\u0327', 'cedil'],
])
const FIRST_MARKED = 0xc0
const LAST_MARKED = 0x17e

/** Adds the characters of HTML 4 by their names, and further letters with marks. */
export function addTo({ entities }: Further): void {
  let code = 0
  for (const word of RUNS.split(' ')) {
    if (Number(word)) {
      code = Number(word)
      continue
    }
    const text = String.fromCodePoint(code)
    entities.set(word, text)
    // There is no final sigma among the capitals.
    if (code >= ALPHA && code <= OMEGA && word !== 'sigmaf')
      entities.set(word[0]!.toUpperCase() + word.slice(1), text.toUpperCase())
    code++
  }
  for (code = FIRST_MARKED; code <= LAST_MARKED; code++) {
    const text = String.fromCodePoint(code)
    const [letter, mark = ''] = text.normalize('NFD')
    const name = MARKS.get(mark)
    if (name) entities.set(letter + name, text)
  }
}
