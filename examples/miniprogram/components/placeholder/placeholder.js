/** What a page shows while it has nothing to show: that it is loading, or a sentence and perhaps a button. */
Component({
  properties: {
    loading: Boolean,
    /** One character in the circle above the title. */
    mark: String,
    title: String,
    advice: String,
    /** Of the failure, for support. */
    number: String,
    /** Its text. Without one there is no button. */
    button: String,
  },
  methods: {
    onTap() {
      this.triggerEvent('act');
    },
  },
});
