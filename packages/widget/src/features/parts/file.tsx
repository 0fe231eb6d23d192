import { h, type PartProps } from '../runtime.ts'

/** A file, by its name or else its type. */
export const viewFile = ({ part }: PartProps<'file'>) => (
  <div class="under" part="file" dir="auto">
    {part.filename || part.mediaType}
  </div>
)
