type Kind = 'string' | 'string?' | 'number?' | [Shape] | Shape
/** The members that a reader relies on. Others may come and go. */
export interface Shape {
  readonly [member: string]: Kind
}
/** Whether a value has all that a reader relies on. */
export declare function fits(value: unknown, kind: Kind): boolean
export {}
