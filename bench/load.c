/* A load generator that is never the bottleneck: one thread, epoll, keep-alive connections, one request in flight each.
 *
 *   load PORT METHOD PATH CONNECTIONS SECONDS START BODIES [HEADER...]
 *
 * BODIES is a file with one request body a line, sent in turn, or - where requests have none. Every run of ten '#' in a body is replaced, for each request, by
 * the next number from START on, so that ids are new and the length never changes. Where each body has one such place,
 * number N always goes with body N modulo their count. A new connection is opened where the server closes one. After SECONDS no request is begun; those in flight are awaited, and the time
 * until the last answer is what the rate is counted by.
 *
 * Prints one JSON line: requests with a 2xx answer, other answers and broken connections, seconds, requests a second,
 * latency percentiles in milliseconds, the first number not used, and the first answer that was not a 2xx.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define DIGITS 10
#define HEAD_MOST 16384
#define GIVE_UP_SECONDS 30

/* A request as it goes over the wire, and where in it the numbers stand. */
typedef struct {
    char *bytes;
    size_t length;
    size_t *places;
    size_t place_count;
} Template;

typedef struct {
    int socket;
    bool busy;
    char *request;
    size_t request_length, sent;
    uint64_t began;
    /* The answer: its head, then the number of bytes of the body still to come. */
    char head[HEAD_MOST + 1];
    size_t head_length;
    bool head_done;
    int status;
    size_t body_left;
} Connection;

static struct sockaddr_in address;
static int poller;
static Template *templates;
static size_t template_count, next_template, longest;
static uint64_t next_number, deadline;
static uint64_t good, bad;
static char first_bad[256];
static uint32_t *latencies;
static size_t latency_count, latency_room;
static int in_flight;

static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

static void *must(void *memory) {
    if (memory == NULL) die("out of memory");
    return memory;
}

static uint64_t now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) die("%s: %s", path, strerror(errno));
    if (fseek(file, 0, SEEK_END) != 0) die("%s: %s", path, strerror(errno));
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = must(malloc(*length + 1));
    if (fread(bytes, 1, *length, file) != *length) die("%s can't be read", path);
    bytes[*length] = 0;
    fclose(file);
    return bytes;
}

static void find_places(Template *made, size_t from) {
    char marks[DIGITS];
    memset(marks, '#', DIGITS);
    char *at = made->bytes + from, *end = made->bytes + made->length;
    while ((at = memmem(at, (size_t)(end - at), marks, DIGITS)) != NULL) {
        made->places = must(realloc(made->places, (made->place_count + 1) * sizeof(size_t)));
        made->places[made->place_count++] = (size_t)(at - made->bytes);
        at += DIGITS;
    }
}

static void add_template(const char *head, const char *body, size_t body_length) {
    char length[64];
    int length_size = snprintf(length, sizeof length, "content-length: %zu\r\n\r\n", body_length);
    size_t head_size = strlen(head);
    Template made = {0};
    made.length = head_size + (size_t)length_size + body_length;
    made.bytes = must(malloc(made.length));
    memcpy(made.bytes, head, head_size);
    memcpy(made.bytes + head_size, length, (size_t)length_size);
    memcpy(made.bytes + head_size + (size_t)length_size, body, body_length);
    find_places(&made, head_size + (size_t)length_size);
    templates = must(realloc(templates, (template_count + 1) * sizeof(Template)));
    templates[template_count++] = made;
    if (made.length > longest) longest = made.length;
}

static void read_templates(const char *path, const char *method, const char *url, int header_count, char **headers) {
    char head[HEAD_MOST];
    size_t used = (size_t)snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nhost: 127.0.0.1\r\n", method, url);
    for (int i = 0; i < header_count && used < sizeof head; i++)
        used += (size_t)snprintf(head + used, sizeof head - used, "%s\r\n", headers[i]);
    if (used >= sizeof head) die("the headers are too long");
    if (strcmp(path, "-") == 0) {
        add_template(head, "", 0);
        return;
    }
    size_t length;
    char *bytes = read_file(path, &length);
    for (char *line = bytes; line < bytes + length;) {
        char *end = memchr(line, '\n', (size_t)(bytes + length - line));
        if (end == NULL) end = bytes + length;
        if (end > line) add_template(head, line, (size_t)(end - line));
        line = end + 1;
    }
    free(bytes);
    if (template_count == 0) die("%s holds no body", path);
}

static void watch(Connection *connection, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(poller, operation, connection->socket, &event) != 0) die("epoll: %s", strerror(errno));
}

static void open_connection(Connection *connection) {
    int one = 1;
    connection->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->socket < 0) die("socket: %s", strerror(errno));
    if (connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0)
        die("port %d: %s", ntohs(address.sin_port), strerror(errno));
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(connection->socket, F_SETFL, O_NONBLOCK);
    watch(connection, EPOLLIN, EPOLL_CTL_ADD);
}

static void write_request(Connection *connection) {
    while (connection->sent < connection->request_length) {
        ssize_t written = send(connection->socket, connection->request + connection->sent,
                               connection->request_length - connection->sent, MSG_NOSIGNAL);
        if (written < 0) {
            /* A connection that is broken shows when it is read. */
            if (errno == EAGAIN) watch(connection, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return;
        }
        connection->sent += (size_t)written;
    }
}

static void begin_request(Connection *connection) {
    uint64_t now = now_ns();
    if (now >= deadline) return;
    Template *template = &templates[next_template];
    next_template = (next_template + 1) % template_count;
    memcpy(connection->request, template->bytes, template->length);
    for (size_t i = 0; i < template->place_count; i++) {
        char *digit = connection->request + template->places[i] + DIGITS;
        uint64_t rest = next_number++;
        for (int d = 0; d < DIGITS; d++, rest /= 10) *--digit = (char)('0' + rest % 10);
    }
    connection->request_length = template->length;
    connection->sent = connection->head_length = connection->body_left = 0;
    connection->head_done = false;
    connection->busy = true;
    connection->began = now;
    in_flight++;
    write_request(connection);
}

static void keep_latency(uint64_t nanoseconds) {
    if (latency_count == latency_room) {
        latency_room = latency_room ? latency_room * 2 : 65536;
        latencies = must(realloc(latencies, latency_room * sizeof *latencies));
    }
    uint64_t microseconds = nanoseconds / 1000;
    latencies[latency_count++] = microseconds > UINT32_MAX ? UINT32_MAX : (uint32_t)microseconds;
}

static void note_bad(const char *what) {
    bad++;
    if (first_bad[0] != 0) return;
    size_t used = 0;
    for (; *what != 0 && used < sizeof first_bad - 1; what++)
        first_bad[used++] = (*what < ' ' || *what == '"' || *what == '\\') ? ' ' : *what;
}

static void end_request(Connection *connection) {
    connection->busy = false;
    in_flight--;
    if (connection->status >= 200 && connection->status < 300) {
        good++;
        keep_latency(now_ns() - connection->began);
    } else {
        note_bad(connection->head);
    }
    begin_request(connection);
}

static void reopen(Connection *connection) {
    close(connection->socket);
    if (connection->busy) {
        connection->busy = false;
        in_flight--;
        note_bad("the server closed the connection without an answer");
    }
    if (now_ns() < deadline) {
        open_connection(connection);
        begin_request(connection);
    } else {
        connection->socket = -1;
    }
}

/* Takes the head of the answer out of what was read; returns how many of the bytes belong to it. */
static size_t take_head(Connection *connection, const char *bytes, size_t length) {
    size_t before = connection->head_length, room = HEAD_MOST - before, taken = length < room ? length : room;
    memcpy(connection->head + before, bytes, taken);
    connection->head_length += taken;
    connection->head[connection->head_length] = 0;
    char *end = strstr(connection->head, "\r\n\r\n");
    if (end == NULL) {
        if (connection->head_length == HEAD_MOST) die("an answer's head is longer than %d bytes", HEAD_MOST);
        return taken;
    }
    char *declared = strcasestr(connection->head, "\r\ncontent-length:");
    if (declared == NULL || declared > end) die("an answer without content-length: %.200s", connection->head);
    connection->status = atoi(connection->head + sizeof "HTTP/1.1");
    connection->body_left = (size_t)strtoull(declared + sizeof "\r\ncontent-length:" - 1, NULL, 10);
    connection->head_done = true;
    return (size_t)(end + 4 - connection->head) - before;
}

static void read_answer(Connection *connection) {
    static char buffer[262144];
    for (;;) {
        ssize_t received = recv(connection->socket, buffer, sizeof buffer, 0);
        if (received < 0 && errno == EAGAIN) return;
        if (received <= 0) {
            reopen(connection);
            return;
        }
        size_t at = 0, length = (size_t)received;
        if (!connection->busy) die("the server sent %zd bytes nobody asked for", received);
        if (!connection->head_done) at = take_head(connection, buffer, length);
        if (!connection->head_done) continue;
        if (length - at > connection->body_left) die("the server sent more than its content-length");
        connection->body_left -= length - at;
        if (connection->body_left == 0) {
            end_request(connection);
            return;
        }
    }
}

static void run(Connection *connections, int count) {
    struct epoll_event ready[256];
    for (int i = 0; i < count; i++) {
        connections[i].request = must(malloc(longest));
        open_connection(&connections[i]);
    }
    for (int i = 0; i < count; i++) begin_request(&connections[i]);
    while (in_flight > 0) {
        int found = epoll_wait(poller, ready, 256, 1000);
        if (found < 0 && errno != EINTR) die("epoll: %s", strerror(errno));
        for (int i = 0; i < found; i++) {
            Connection *connection = ready[i].data.ptr;
            if (ready[i].events & EPOLLOUT) {
                watch(connection, EPOLLIN, EPOLL_CTL_MOD);
                write_request(connection);
            }
            if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_answer(connection);
        }
        if (now_ns() > deadline + GIVE_UP_SECONDS * 1000000000ull)
            die("%d requests had no answer %d s after the end", in_flight, GIVE_UP_SECONDS);
    }
}

static int ascending(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static double percentile(double share) {
    return latency_count ? latencies[(size_t)(share * (double)(latency_count - 1))] / 1000.0 : 0.0;
}

static void report(double seconds) {
    qsort(latencies, latency_count, sizeof *latencies, ascending);
    printf("{\"good\": %llu, \"bad\": %llu, \"seconds\": %.4f, \"per_second\": %.2f, \"p50_ms\": %.3f, "
           "\"p90_ms\": %.3f, \"p95_ms\": %.3f, \"p99_ms\": %.3f, \"most_ms\": %.3f, \"next\": %llu, \"first_bad\": \"%s\"}\n",
           (unsigned long long)good, (unsigned long long)bad, seconds, (double)good / seconds, percentile(0.5),
           percentile(0.9), percentile(0.95), percentile(0.99), percentile(1.0), (unsigned long long)next_number, first_bad);
}

int main(int count, char **arguments) {
    if (count < 8) die("usage: load PORT METHOD PATH CONNECTIONS SECONDS START BODIES [HEADER...]");
    int connection_count = atoi(arguments[4]);
    double seconds = atof(arguments[5]);
    if (connection_count < 1 || seconds <= 0) die("CONNECTIONS and SECONDS must be positive");
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(arguments[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    next_number = strtoull(arguments[6], NULL, 10);
    read_templates(arguments[7], arguments[2], arguments[3], count - 8, arguments + 8);
    next_template = next_number % template_count;
    poller = epoll_create1(0);
    if (poller < 0) die("epoll: %s", strerror(errno));
    Connection *connections = must(calloc((size_t)connection_count, sizeof(Connection)));
    uint64_t began = now_ns();
    deadline = began + (uint64_t)(seconds * 1e9);
    run(connections, connection_count);
    report((double)(now_ns() - began) / 1e9);
    return 0;
}
