import { h } from 'preact'

const PATHS = {
  ask: 'M6 5v6a4 4 0 0 0 4 4h8m-4-4 4 4-4 4',
  close: 'm6 6 12 12M18 6 6 18',
  compose: 'M11 5H7a3 3 0 0 0-3 3v9a3 3 0 0 0 3 3h9a3 3 0 0 0 3-3v-4M18.4 3.6a2 2 0 0 1 2.9 2.9L13 14.7l-3.6.8.8-3.6Z',
  list: 'M12 7v5l3 2M4.2 9A8.2 8.2 0 1 1 4 13.5M4 4v5h5',
  send: 'M12 19V5m-6.5 6.5L12 5l6.5 6.5',
  stop: 'M8 8h8v8H8Z',
} as const

export type IconName = keyof typeof PATHS

export const Icon = ({ name }: { name: IconName }) => (
  <svg viewBox="0 0 24 24" aria-hidden="true" class={`icon-${name}`}>
    <path d={PATHS[name]} />
  </svg>
)

interface IconButtonProps {
  icon: IconName
  label: string
  onClick: () => void
  /** The visitor reaches for it. */
  onNear?: () => void
  pressed?: boolean
}

export const IconButton = ({ icon, label, onClick, onNear, pressed }: IconButtonProps) => (
  <button
    type="button"
    class="icon"
    title={label}
    aria-label={label}
    aria-pressed={pressed}
    onPointerEnter={onNear}
    onFocus={onNear}
    onClick={onClick}
  >
    <Icon name={icon} />
  </button>
)
