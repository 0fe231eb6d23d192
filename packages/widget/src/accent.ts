/**
 * Gives the launcher and the panel their colour; the styles find a text colour that contrasts. The page's own
 * `--loacl-accent` goes before it. Anything but `#rrggbb` is left alone: an owner's setting is data, not style.
 */
export function paintAccent(host: HTMLElement, accent: unknown): void {
  if (typeof accent === 'string' && /^#[\da-f]{6}$/i.test(accent)) host.style.setProperty('--_accent', accent)
}
