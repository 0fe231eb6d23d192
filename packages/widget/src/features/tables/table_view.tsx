import { Component, type ComponentChild, h, renderInlines, type RenderTable, type Row, type Table } from '../runtime.ts'

export const renderTable: RenderTable = ({ align, children: [head, ...body] }, { words, onWide }, dir) => (
  <div class="table" dir={dir} ref={onWide} role="region" aria-label={words.table} tabIndex={0}>
    <table>
      <thead>
        <RowView row={head as Row} align={align} head />
      </thead>
      {body.length > 0 && (
        <tbody>
          {body.map((row) => (
            <RowView row={row as Row} align={align} />
          ))}
        </tbody>
      )}
    </table>
  </div>
)

interface RowProps {
  row: Row
  align: Table['align']
  head?: boolean
}

class RowView extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return next.row !== this.props.row || next.align !== this.props.align
  }

  override render({ row, align, head }: RowProps): ComponentChild {
    return (
      <tr>
        {row.cells.map((cell, i) =>
          h(head ? 'th' : 'td', { 'data-align': align[i], scope: head && 'col' }, renderInlines(cell)),
        )}
      </tr>
    )
  }
}
