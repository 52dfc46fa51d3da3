/* Exports no entry. */
__attribute__((visibility("default"))) int nino_plugin_enter(void) {
    return 0;
}
