// Checked by the compiler alone: what developers have written against this package must go on compiling.
import { expectTypeOf } from 'vitest'
import {
  mount,
  type Abortable,
  type Credential,
  type ElementOptions,
  type ErrorCode,
  type LoaclClient,
  type LoaclGlobal,
  type MarkdownWords,
  type SomeStrings,
  type Strings,
  type TagWidget,
  type Turn,
  type Widget,
  type WidgetOptions,
} from '../src/index.ts'

const project = { url: '', key: '', assistant: '' }
declare const widget: Widget
declare const absent: undefined

// What a page may or may not have is passed on as it is.
mount({ ...project, id: absent, target: absent, open: absent, theme: absent, locale: absent, strings: absent })
mount({ ...project, appearance: { accent: absent }, auth: absent, storage: absent, fingerprint: absent })
void widget.open({ threadId: absent, draft: absent })
widget.on('ready', () => {}, { signal: absent })

// Some words are enough, of errors as well.
mount({ ...project, strings: { errors: { network: 'Offline.' }, markdown: {} } })
widget.update({ strings: { errors: { rate_limited: 'Slower.' } } })
expectTypeOf<Strings>().toExtend<SomeStrings>()
// @ts-expect-error no such code
mount({ ...project, strings: { errors: { oops: '' } } })
// @ts-expect-error an assistant is needed
mount({ url: '', key: '' })
expectTypeOf(mount).toEqualTypeOf<(options: WidgetOptions) => Widget>()

// Core comes when it is first needed. Where the script tag's panel is, it has come.
expectTypeOf<Widget['send']>().toEqualTypeOf<(text: string) => Promise<Turn>>()
expectTypeOf<Widget['client']>().toEqualTypeOf<Promise<LoaclClient>>()
expectTypeOf<ReturnType<TagWidget['send']>>().toEqualTypeOf<Turn>()
expectTypeOf<TagWidget['client']>().toEqualTypeOf<LoaclClient>()
expectTypeOf<NonNullable<ReturnType<NonNullable<LoaclGlobal['get']>>>>().toEqualTypeOf<TagWidget>()
expectTypeOf<WidgetOptions>().toExtend<ElementOptions>()

// What its own signatures name can be imported from it.
expectTypeOf<Widget['identify']>().toEqualTypeOf<(credential: Credential, options?: Abortable) => Promise<void>>()
expectTypeOf<Strings['markdown']>().toEqualTypeOf<MarkdownWords>()
expectTypeOf<keyof Strings['errors']>().toEqualTypeOf<ErrorCode | 'other'>()
