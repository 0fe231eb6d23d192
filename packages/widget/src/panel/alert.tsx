import { type ComponentChildren, h } from 'preact'

interface AlertProps {
  text: ComponentChildren
  action: string
  disabled?: boolean
  onPress: () => void
  children?: ComponentChildren
}

/** What went wrong, and what to press. Stands in a `role="alert"` that was there before it. */
export const Alert = ({ text, action, disabled, onPress, children }: AlertProps) => (
  <div class="alert">
    <p>{text}</p>
    <button type="button" class="again" disabled={disabled} onClick={onPress}>
      {action}
    </button>
    {children}
  </div>
)
