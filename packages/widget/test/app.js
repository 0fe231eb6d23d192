// An application of one line, for the sizes of what its visitors fetch.
export { mount } from '@loacl/widget'
