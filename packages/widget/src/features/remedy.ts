/** Copied into the file of each feature that asks: the panel itself does not. */
export { remedyOf, type Remedy } from '@loacl/core'
