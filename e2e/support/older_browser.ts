import type { Page } from '@playwright/test'

/** Makes of this browser one that sizes no field by its text, as they were before `field-sizing`. */
export async function withoutFieldSizing(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const style = Object.getOwnPropertyDescriptor(HTMLElement.prototype, 'style')!
    const { replaceSync } = CSSStyleSheet.prototype
    CSSStyleSheet.prototype.replaceSync = function (css) {
      replaceSync.call(this, css.replaceAll('field-sizing:content', ''))
    }
    Object.defineProperty(HTMLElement.prototype, 'style', {
      ...style,
      get(this: HTMLElement) {
        return new Proxy(style.get!.call(this) as CSSStyleDeclaration, {
          has: (own, name) => name !== 'fieldSizing' && name in own,
          get(own, name) {
            const value: unknown = Reflect.get(own, name)
            return typeof value === 'function' ? value.bind(own) : value
          },
          set: (own, name, value) => Reflect.set(own, name, value),
        })
      },
    })
  })
}
