import { mount } from '@loacl/widget'

const { url, key, assistant } = Object.fromEntries(new URLSearchParams(location.search))
mount({ url, key, assistant })
