/** Copied into the file of each feature that asks: the panel itself does not. */
export { isForOwner, isThreadOver } from '@loacl/core'
