import type { FileSaid } from '../read_files.ts'

/** What the mock model says of files: what it was told of them, and no more. */
export function describeFiles(files: readonly FileSaid[]): string {
  const rows = files.map(
    ({ name, type, size }) => `| ${name ? toCell(name) : 'a picture'} | ${type} | ${size.toLocaleString('en')} bytes |`,
  )
  return [
    files.length === 1 ? 'I was given **one file**:' : `I was given **${files.length} files**:`,
    ['| Name | Type | Size |', '|---|---|---:|', ...rows].join('\n'),
    'A real model would look into them. I only count their bytes.',
  ].join('\n\n')
}

const toCell = (name: string): string => name.replace(/[\\|`*_[\]<>]/g, '\\$&')
