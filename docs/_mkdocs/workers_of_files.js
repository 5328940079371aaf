// Search where the site is opened as files, without a server: browsers start no worker there, so that its script runs in
// a hidden frame, which has the interface of a worker.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    #window
    #ready

    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.documentElement.append(frame)
      this.#window = frame.contentWindow
      this.#window.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }))
      this.#window.importScripts = (...urls) => urls.reduce((done, each) => done.then(() => this.#load(each)), Promise.resolve())
      this.#ready = this.#load(url)
    }

    #load(url) {
      return new Promise((resolve, reject) => {
        const script = this.#window.document.createElement("script")
        script.addEventListener("load", resolve)
        script.addEventListener("error", reject)
        script.src = url
        this.#window.document.documentElement.append(script)
      })
    }

    postMessage(data) {
      this.#ready.then(() => this.#window.dispatchEvent(new MessageEvent("message", { data })))
    }
  }
}
