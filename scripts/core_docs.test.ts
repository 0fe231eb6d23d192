// The reference in docs/core.md names what the types of @loacl/core have, no less and no more.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync, type ESTree } from 'vite'
import { expect, it } from 'vitest'
import { ERROR_STATUS } from '../packages/wire/src/index.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(join(root, 'docs/core.md'), 'utf8')

type Declaration = ESTree.TSInterfaceDeclaration | ESTree.TSTypeAliasDeclaration
const declarations = new Map<string, Declaration>()
for (const file of [
  'packages/core/src/types.ts',
  'packages/core/src/file_types.ts',
  'packages/core/src/thread_types.ts',
  'packages/core/src/turn_types.ts',
  'packages/wire/src/errors.ts',
  'packages/wire/src/dto.ts',
])
  for (const statement of parseSync(file, readFileSync(join(root, file), 'utf8')).program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : null
    if (declaration?.type === 'TSInterfaceDeclaration' || declaration?.type === 'TSTypeAliasDeclaration')
      declarations.set(declaration.id.name, declaration)
  }

/** The signatures of the object types that a type is made of. */
function signaturesOf(type: ESTree.TSType): ESTree.TSSignature[] {
  if (type.type === 'TSTypeLiteral') return type.members
  if (type.type === 'TSParenthesizedType') return signaturesOf(type.typeAnnotation)
  if (type.type === 'TSUnionType' || type.type === 'TSIntersectionType') return type.types.flatMap(signaturesOf)
  return []
}

/** Names of a type's members; those of an object within it with its own name in front: `threads.create`. */
function membersOf(name: string): string[] {
  const declaration = declarations.get(name)
  if (!declaration) return []
  if (declaration.type === 'TSTypeAliasDeclaration') return signaturesOf(declaration.typeAnnotation).flatMap(namesOf)
  const inherited = declaration.extends.flatMap(({ expression }) =>
    expression.type === 'Identifier' ? membersOf(expression.name) : [],
  )
  return [...inherited, ...declaration.body.body.flatMap(namesOf)]
}

/** The one object within the client that has an interface of its own. */
const isFiles = (type: ESTree.TSType | undefined): boolean =>
  type?.type === 'TSTypeReference' && type.typeName.type === 'Identifier' && type.typeName.name === 'Files'

function namesOf(signature: ESTree.TSSignature): string[] {
  if (signature.type !== 'TSPropertySignature' && signature.type !== 'TSMethodSignature') return []
  const name = signature.key.type === 'Identifier' ? signature.key.name : ''
  const type = signature.type === 'TSPropertySignature' ? signature.typeAnnotation?.typeAnnotation : undefined
  const inner = type?.type === 'TSTypeLiteral' ? type.members.flatMap(namesOf) : isFiles(type) ? membersOf('Files') : []
  return inner.length > 0 ? inner.map((member) => `${name}.${member}`) : [name]
}

/** Strings that a type allows: by itself, or in one member of the object types that it is made of. */
function literalsOf(type: ESTree.TSType, member?: string): string[] {
  if (type.type === 'TSLiteralType' && type.literal.type === 'Literal') return [String(type.literal.value)]
  if (type.type === 'TSUnionType') return type.types.flatMap((each) => literalsOf(each, member))
  if (type.type !== 'TSTypeLiteral') return []
  return type.members.flatMap((signature) =>
    signature.type === 'TSPropertySignature' &&
    signature.key.type === 'Identifier' &&
    signature.key.name === member &&
    signature.typeAnnotation
      ? literalsOf(signature.typeAnnotation.typeAnnotation)
      : [],
  )
}
function literalsIn(name: string, member?: string): string[] {
  const declaration = declarations.get(name)
  return declaration?.type === 'TSTypeAliasDeclaration' ? literalsOf(declaration.typeAnnotation, member) : []
}

/** What the first column of the table with this head names, each in backticks, without its arguments. */
function namesInTable(after: string): string[] {
  const [, text = ''] = page.split(after)
  const rows = /(?:^\|.*\n)+/m.exec(text)?.[0].trim().split('\n').slice(2) ?? []
  return rows.flatMap((row) => {
    const [, cell = ''] = row.split(/(?<!\\)\|/)
    return [...cell.matchAll(/`([\w.-]+)[^`]*`/g)].map(([, name = '']) => name)
  })
}

it.each([
  ['ClientOptions', '## `createClient(options)`'],
  ['LoaclClient', '## The client'],
  ['Thread', '## A thread'],
])('docs/core.md names every member of %s, and no other', (type, heading) => {
  const members = membersOf(type)
  expect(members.length).toBeGreaterThan(5)
  expect(namesInTable(heading).toSorted()).toEqual(members.toSorted())
})

it.each([
  ['TurnEvent', 'type', '## A turn\n'],
  ['Remedy', undefined, '`remedyOf(code)` says'],
])('docs/core.md names every kind of %s, and no other', (type, member, heading) => {
  const kinds = literalsIn(type, member)
  expect(kinds.length).toBeGreaterThan(4)
  expect(namesInTable(heading).toSorted()).toEqual(kinds.toSorted())
})

it('docs/core.md names every status of a message', () => {
  const statuses = [...literalsIn('MessageStatus'), 'sending']
  expect(namesInTable("A message's `status`:").toSorted()).toEqual(statuses.toSorted())
})

it('docs/core.md names no error that there is not', () => {
  const codes = namesInTable('| `give_up` |')
  expect(codes.length).toBeGreaterThan(30)
  expect(codes.filter((code) => !Object.hasOwn(ERROR_STATUS, code))).toEqual([])
})
