const HtmlPlugin = require('html-webpack-plugin')
const { VueLoaderPlugin } = require('vue-loader')
const { DefinePlugin, EnvironmentPlugin } = require('webpack')

module.exports = {
  entry: './src/main.js',
  output: { clean: true },
  module: {
    rules: [
      {
        test: /\.vue$/,
        loader: 'vue-loader',
        options: { compilerOptions: { isCustomElement: (tag) => tag === 'loacl-chat' } },
      },
    ],
  },
  plugins: [
    new EnvironmentPlugin(['LOACL_URL', 'LOACL_KEY', 'LOACL_ASSISTANT']),
    new DefinePlugin({ __VUE_OPTIONS_API__: false, __VUE_PROD_DEVTOOLS__: false }),
    new HtmlPlugin({ template: 'index.html' }),
    new VueLoaderPlugin(),
  ],
}
