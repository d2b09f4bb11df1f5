// Starts the viewer of /docs on the document that the page names, in the colours that the reader's system asks for.
const viewer = document.getElementById('viewer')
const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()

// The headings are open beside a wide page and closed above a narrow one.
const headings = document.querySelector('.headings details')
const wide = matchMedia('(min-width: 60rem)')
const arrange = () => headings.toggleAttribute('open', wide.matches)
wide.addEventListener('change', arrange)
arrange()

// From 150 lines on the viewer draws only those in sight: then neither links nor the browser's search find the others. So each
// heading is a list of its own.
const oneListEach = {
  wrapComponents: {
    operations:
      (Operations, { React }) =>
      (props) =>
        props.specSelectors
          .taggedOperations()
          .keySeq()
          .toArray()
          .map((heading) => {
            const taggedOperations = () => props.specSelectors.taggedOperations().filter((_, name) => name === heading)
            return React.createElement(Operations, { ...props, key: heading, specSelectors: { ...props.specSelectors, taggedOperations } })
          }),
  },
}

SwaggerUIBundle({
  plugins: [() => oneListEach],
  domNode: viewer,
  url: viewer.dataset.document,
  deepLinking: true,
  docExpansion: 'list',
  // The one schema that has a name is shown with each refusal.
  defaultModelsExpandDepth: -1,
  defaultModelRendering: 'example',
  // Credentials stay in this page, and no other host is asked whether the document is right.
  persistAuthorization: false,
  validatorUrl: null,
  onComplete: () => document.getElementById(location.hash.slice(1))?.scrollIntoView(),
})
