#include "nino_pages.h"
#include <string.h>

static const unsigned char explore_body_html[] = {
#embed "assets/explore/body.html"
};
static const unsigned char explore_explore_css[] = {
#embed "assets/explore/explore.css"
};
static const unsigned char explore_explorer_js[] = {
#embed "assets/explore/explorer.js"
};
static const unsigned char explore_graphview_js[] = {
#embed "assets/explore/graphview.js"
};
static const unsigned char explore_heatmaps_js[] = {
#embed "assets/explore/heatmaps.js"
};
static const unsigned char explore_model_js[] = {
#embed "assets/explore/model.js"
};
static const unsigned char explore_ops_basic_js[] = {
#embed "assets/explore/ops-basic.js"
};
static const unsigned char explore_ops_images_js[] = {
#embed "assets/explore/ops-images.js"
};
static const unsigned char explore_ops_layers_js[] = {
#embed "assets/explore/ops-layers.js"
};
static const unsigned char explore_ops_traced_js[] = {
#embed "assets/explore/ops-traced.js"
};
static const unsigned char explore_program_js[] = {
#embed "assets/explore/program.js"
};
static const unsigned char explore_symmetry_js[] = {
#embed "assets/explore/symmetry.js"
};
static const unsigned char explore_tensor_js[] = {
#embed "assets/explore/tensor.js"
};
static const unsigned char explore_views_js[] = {
#embed "assets/explore/views.js"
};
static const unsigned char explore_words_js[] = {
#embed "assets/explore/words.js"
};
static const unsigned char graph_graph_css[] = {
#embed "assets/graph/graph.css"
};
static const unsigned char graph_graph_js[] = {
#embed "assets/graph/graph.js"
};
static const unsigned char page_css[] = {
#embed "assets/page.css"
};
static const unsigned char verify_css[] = {
#embed "assets/verify.css"
};

#define FILE_OF(name, bytes) \
    { name, bytes, sizeof bytes }

static const nino_page_file_t files[] = {
    FILE_OF("explore/body.html", explore_body_html),
    FILE_OF("explore/explore.css", explore_explore_css),
    FILE_OF("explore/explorer.js", explore_explorer_js),
    FILE_OF("explore/graphview.js", explore_graphview_js),
    FILE_OF("explore/heatmaps.js", explore_heatmaps_js),
    FILE_OF("explore/model.js", explore_model_js),
    FILE_OF("explore/ops-basic.js", explore_ops_basic_js),
    FILE_OF("explore/ops-images.js", explore_ops_images_js),
    FILE_OF("explore/ops-layers.js", explore_ops_layers_js),
    FILE_OF("explore/ops-traced.js", explore_ops_traced_js),
    FILE_OF("explore/program.js", explore_program_js),
    FILE_OF("explore/symmetry.js", explore_symmetry_js),
    FILE_OF("explore/tensor.js", explore_tensor_js),
    FILE_OF("explore/views.js", explore_views_js),
    FILE_OF("explore/words.js", explore_words_js),
    FILE_OF("graph/graph.css", graph_graph_css),
    FILE_OF("graph/graph.js", graph_graph_js),
    FILE_OF("page.css", page_css),
    FILE_OF("verify.css", verify_css),
};

const nino_page_file_t *nino_page_file(const char *name) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i].name, name) == 0) return &files[i];
    return NULL;
}
