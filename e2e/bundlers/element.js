import '@loacl/widget'
