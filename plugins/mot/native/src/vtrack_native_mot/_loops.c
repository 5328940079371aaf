/* Inner loops of box trackers on float64 arrays.
 *
 * Every function does, operation by operation and in the same order, what the numpy code named in its comment does, so
 * that the results are the same to the last digit: nothing is contracted, reordered or approximated. Arrays come in
 * through the buffer protocol, with any strides where they are read number by number, contiguous along their last axis
 * where they are read or written row by row.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__linux__)
/* One version for each generation of processors, chosen when the module is loaded. */
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

#define ROWS 23
#define SMALLEST_AREA 1e-12
#define SMALLEST_SIDE 1e-6
#define TINY 1e-6

typedef struct {
    Py_buffer view;
    Py_ssize_t rows, columns, stride, step;
    char *data;
} Matrix;

#define ROW(matrix, row) ((double *)((matrix)->data + (row) * (matrix)->stride))
#define CELL(matrix, row, column) ((matrix)->data + (row) * (matrix)->stride + (column) * (matrix)->step)
#define AT(matrix, row, column) (*(double *)CELL(matrix, row, column))
#define WHOLE(matrix, column) (*(long long *)CELL(matrix, 0, column))

enum access { READ_CELLS, READ_ROWS, WRITE_ROWS };

#define ANY (-1)
#define AT_LEAST(rows) (-1 - (rows))

/* Take an array of `rows` rows and `columns` columns; one of one axis counts as one row. */
static int take(PyObject *object, Matrix *matrix, char kind, enum access access, Py_ssize_t rows, Py_ssize_t columns,
                const char *name)
{
    int flags = PyBUF_STRIDES | PyBUF_FORMAT | (access == WRITE_ROWS ? PyBUF_WRITABLE : 0);
    Py_buffer *view = &matrix->view;
    if (PyObject_GetBuffer(object, view, flags) < 0)
        return -1;
    const char *format = view->format ? view->format : "B";
    int fits = view->itemsize == 8 && format[0] != '\0' && format[1] == '\0' &&
               (kind == 'd' ? format[0] == 'd' : (format[0] == 'l' || format[0] == 'q'));
    if (!fits) {
        PyErr_Format(PyExc_TypeError, "%s must be %s, got format '%s'", name, kind == 'd' ? "float64" : "int64", format);
        goto refuse;
    }
    if (view->ndim == 2) {
        matrix->rows = view->shape[0];
        matrix->columns = view->shape[1];
        matrix->stride = view->strides[0];
    }
    else if (view->ndim == 1) {
        matrix->rows = 1;
        matrix->columns = view->shape[0];
        matrix->stride = 0;
    }
    else {
        PyErr_Format(PyExc_ValueError, "%s must have one or two axes, got %d", name, view->ndim);
        goto refuse;
    }
    if (rows < 0 && matrix->rows < AT_LEAST(rows)) {
        PyErr_Format(PyExc_ValueError, "%s must have at least %zd rows, got %zd", name, AT_LEAST(rows), matrix->rows);
        goto refuse;
    }
    if ((rows >= 0 && matrix->rows != rows) || (columns >= 0 && matrix->columns != columns)) {
        PyErr_Format(PyExc_ValueError, "%s has shape (%zd, %zd), not (%zd, %zd)", name, matrix->rows, matrix->columns,
                     rows < 0 ? matrix->rows : rows, columns < 0 ? matrix->columns : columns);
        goto refuse;
    }
    matrix->step = view->strides[view->ndim - 1];
    if (access != READ_CELLS && matrix->columns > 1 && matrix->step != 8) {
        PyErr_Format(PyExc_ValueError, "%s must be contiguous along its last axis", name);
        goto refuse;
    }
    matrix->data = view->buf;
    return 0;
refuse:
    PyBuffer_Release(view);
    return -1;
}

static void release(Matrix *matrices, int count)
{
    for (int index = 0; index < count; index++)
        PyBuffer_Release(&matrices[index].view);
}

static int expect(const char *name, Py_ssize_t given, Py_ssize_t wanted)
{
    if (given == wanted)
        return 0;
    PyErr_Format(PyExc_TypeError, "%s takes %zd arguments, got %zd", name, wanted, given);
    return -1;
}

/* --- overlaps: vtrack_common_mot.overlap.overlaps ------------------------------------------------------------- */

FOR_EACH_PROCESSOR
static void overlap_row(double left, double top, double right, double bottom, double area, const double *lefts,
                        const double *tops, const double *rights, const double *bottoms, const double *areas,
                        double *out, Py_ssize_t count)
{
    for (Py_ssize_t column = 0; column < count; column++) {
        double x1 = left < lefts[column] ? left : lefts[column];
        double y1 = top < tops[column] ? top : tops[column];
        double x2 = right < rights[column] ? right : rights[column];
        double y2 = bottom < bottoms[column] ? bottom : bottoms[column];
        double width = x1 + x2, height = y1 + y2;
        width = width > 0.0 ? width : 0.0;
        height = height > 0.0 ? height : 0.0;
        double shared = width * height;
        double other = areas[column] > SMALLEST_AREA ? areas[column] : SMALLEST_AREA;
        out[column] = shared / ((area + other) - shared);
    }
}

static PyObject *overlaps(PyObject *self, PyObject *const *arguments, Py_ssize_t given)
{
    Matrix taken[3];
    if (expect("overlaps", given, 3) < 0 || take(arguments[0], &taken[0], 'd', READ_CELLS, AT_LEAST(6), ANY, "first") < 0)
        return NULL;
    if (take(arguments[1], &taken[1], 'd', READ_ROWS, AT_LEAST(6), ANY, "second") < 0) {
        release(taken, 1);
        return NULL;
    }
    Matrix *first = &taken[0], *second = &taken[1], *out = &taken[2];
    if (take(arguments[2], out, 'd', WRITE_ROWS, first->columns, second->columns, "out") < 0) {
        release(taken, 2);
        return NULL;
    }
    for (Py_ssize_t row = 0; row < first->columns; row++)
        overlap_row(AT(first, 0, row), AT(first, 1, row), AT(first, 2, row), AT(first, 3, row), AT(first, 5, row),
                    ROW(second, 0), ROW(second, 1), ROW(second, 2), ROW(second, 3), ROW(second, 5), ROW(out, row),
                    second->columns);
    release(taken, 3);
    Py_RETURN_NONE;
}

/* --- direction_cosines: vtrack_common_mot.observation_centric.matching.direction_gain, before its arc sine ----- */

FOR_EACH_PROCESSOR
static void cosine_row(double from_x, double from_y, double ahead_x, double ahead_y, const double *xs, const double *ys,
                       double *out, Py_ssize_t count)
{
    for (Py_ssize_t column = 0; column < count; column++) {
        double across = xs[column] - from_x, down = ys[column] - from_y;
        double distance = sqrt(across * across + down * down) + TINY;
        double cosine = (across * ahead_x + down * ahead_y) / distance;
        cosine = cosine > -1.0 ? cosine : -1.0;
        out[column] = cosine < 1.0 ? cosine : 1.0;
    }
}

static PyObject *direction_cosines(PyObject *self, PyObject *const *arguments, Py_ssize_t given)
{
    Matrix taken[4];
    if (expect("direction_cosines", given, 4) < 0 || take(arguments[0], &taken[0], 'd', READ_CELLS, 2, ANY, "origins") < 0)
        return NULL;
    Matrix *origins = &taken[0], *directions = &taken[1], *centres = &taken[2], *out = &taken[3];
    if (take(arguments[1], directions, 'd', READ_CELLS, 2, origins->columns, "directions") < 0) {
        release(taken, 1);
        return NULL;
    }
    if (take(arguments[2], centres, 'd', READ_ROWS, 2, ANY, "centres") < 0) {
        release(taken, 2);
        return NULL;
    }
    if (take(arguments[3], out, 'd', WRITE_ROWS, origins->columns, centres->columns, "out") < 0) {
        release(taken, 3);
        return NULL;
    }
    for (Py_ssize_t row = 0; row < origins->columns; row++)
        cosine_row(AT(origins, 0, row), AT(origins, 1, row), AT(directions, 0, row), AT(directions, 1, row),
                   ROW(centres, 0), ROW(centres, 1), ROW(out, row), centres->columns);
    release(taken, 4);
    Py_RETURN_NONE;
}

/* --- add_weighted: gain = gain * weights + overlap, two roundings, in place -------------------------------------- */

FOR_EACH_PROCESSOR
static void weigh_row(double *gain, const double *weights, const double *overlap, Py_ssize_t count)
{
    for (Py_ssize_t column = 0; column < count; column++)
        gain[column] = gain[column] * weights[column] + overlap[column];
}

static PyObject *add_weighted(PyObject *self, PyObject *const *arguments, Py_ssize_t given)
{
    Matrix taken[3];
    if (expect("add_weighted", given, 3) < 0 || take(arguments[0], &taken[0], 'd', WRITE_ROWS, ANY, ANY, "gain") < 0)
        return NULL;
    Matrix *gain = &taken[0], *weights = &taken[1], *overlap = &taken[2];
    if (take(arguments[1], weights, 'd', READ_ROWS, 1, gain->columns, "weights") < 0) {
        release(taken, 1);
        return NULL;
    }
    if (take(arguments[2], overlap, 'd', READ_ROWS, gain->rows, gain->columns, "overlap") < 0) {
        release(taken, 2);
        return NULL;
    }
    for (Py_ssize_t row = 0; row < gain->rows; row++)
        weigh_row(ROW(gain, row), ROW(weights, 0), ROW(overlap, row), gain->columns);
    release(taken, 3);
    Py_RETURN_NONE;
}

/* --- walk: vtrack_common_mot.observation_centric.replay._walk, track by track ------------------------------------ */

typedef struct {
    double x, y, width, height;
} Box;

static Box box_of(const Matrix *edges, Py_ssize_t column)
{
    double left = AT(edges, 0, column), top = AT(edges, 1, column);
    double right = AT(edges, 2, column), bottom = AT(edges, 3, column);
    Box box = {(right - left) / 2, (bottom - top) / 2, left + right, top + bottom};
    return box;
}

static void walk_one(const double *process, const double *noise, const double *before, Box first, Box last, double gap,
                     long long steps, double *after)
{
    double x = before[0], y = before[1], area = before[2], ratio = before[3];
    double x_speed = before[4], y_speed = before[5], growth = before[6];
    double place = before[8], spread = before[10], ratio_variance = before[11];
    double speed = before[12], growth_variance = before[14], place_speed = before[16], spread_growth = before[18];
    double right = (last.x - first.x) / gap, down = (last.y - first.y) / gap;
    double wider = (last.width - first.width) / gap, higher = (last.height - first.height) / gap;
    for (long long step = 1; step <= steps; step++) {
        if (step > 1) {
            x += x_speed;
            y += y_speed;
            area += growth;
            place = place + speed + 2 * place_speed + process[0];
            spread = spread + growth_variance + 2 * spread_growth + process[2];
            place_speed += speed;
            spread_growth += growth_variance;
            speed += process[4];
            growth_variance += process[6];
            ratio_variance += process[3];
        }
        double width = first.width + (double)step * wider, height = first.height + (double)step * higher;
        width = width < SMALLEST_SIDE ? SMALLEST_SIDE : width;
        height = height < SMALLEST_SIDE ? SMALLEST_SIDE : height;
        double total = place + noise[0], gain = place / total, speed_gain = place_speed / total;
        double off = first.x + (double)step * right - x;
        x += gain * off;
        x_speed += speed_gain * off;
        off = first.y + (double)step * down - y;
        y += gain * off;
        y_speed += speed_gain * off;
        speed -= speed_gain * place_speed;
        place = gain * noise[0];
        place_speed = speed_gain * noise[0];
        total = spread + noise[2];
        gain = spread / total;
        speed_gain = spread_growth / total;
        off = width * height - area;
        area += gain * off;
        growth += speed_gain * off;
        growth_variance -= speed_gain * spread_growth;
        spread = gain * noise[2];
        spread_growth = speed_gain * noise[2];
        gain = ratio_variance / (ratio_variance + noise[3]);
        ratio += gain * (width / height - ratio);
        ratio_variance = gain * noise[3];
    }
    double found[ROWS] = {x,     y,     area,           ratio, x_speed,         y_speed,     growth,      before[7],
                          place, place, spread,         ratio_variance,         speed,       speed,       growth_variance,
                          before[15],   place_speed,    place_speed,            spread_growth, before[19], before[20],
                          before[21],   before[22]};
    memcpy(after, found, sizeof(found));
}

static PyObject *walk(PyObject *self, PyObject *const *arguments, Py_ssize_t given)
{
    static const char *names[] = {"states", "before", "after", "gaps", "steps", "process", "noise", "out"};
    Matrix taken[8];
    if (expect("walk", given, 8) < 0 || take(arguments[0], &taken[0], 'd', READ_CELLS, ROWS, ANY, names[0]) < 0)
        return NULL;
    Py_ssize_t count = taken[0].columns;
    for (int index = 1; index < 8; index++) {
        Py_ssize_t rows = index == 7 ? ROWS : index < 3 ? AT_LEAST(4) : 1;
        enum access access = index == 7 ? WRITE_ROWS : index > 4 ? READ_ROWS : READ_CELLS;
        Py_ssize_t columns = index == 5 ? 8 : index == 6 ? 4 : count;
        if (take(arguments[index], &taken[index], index == 3 || index == 4 ? 'q' : 'd', access, rows, columns, names[index]) < 0) {
            release(taken, index);
            return NULL;
        }
    }
    for (Py_ssize_t column = 0; column < count; column++) {
        double state[ROWS];
        for (int row = 0; row < ROWS; row++)
            state[row] = AT(&taken[0], row, column);
        walk_one(ROW(&taken[5], 0), ROW(&taken[6], 0), state, box_of(&taken[1], column), box_of(&taken[2], column),
                 (double)WHOLE(&taken[3], column), WHOLE(&taken[4], column), state);
        for (int row = 0; row < ROWS; row++)
            AT(&taken[7], row, column) = state[row];
    }
    release(taken, 8);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"overlaps", (PyCFunction)(void (*)(void))overlaps, METH_FASTCALL, "Fill out with the overlaps of all boxes."},
    {"direction_cosines", (PyCFunction)(void (*)(void))direction_cosines, METH_FASTCALL,
     "Fill out with the cosines between directions and steps."},
    {"add_weighted", (PyCFunction)(void (*)(void))add_weighted, METH_FASTCALL, "gain = gain * weights + overlap."},
    {"walk", (PyCFunction)(void (*)(void))walk, METH_FASTCALL, "Fill out with the states after their ways."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "vtrack_native_mot._loops", "Inner loops of box trackers.", 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__loops(void)
{
    return PyModule_Create(&module);
}
