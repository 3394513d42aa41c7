/* A Modbus RTU board made with libmodbus, which shares no code with ours: libmodbus_server DEVICE BAUD ADDRESS.
 *
 * It prints "ready", then one line for each coil written ("coil 2 on"). On standard input "input 3 on" sets a discrete
 * input; the end of standard input ends it.
 */
#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, modbus_strerror(errno));
    return 1;
}

static int take_line(modbus_mapping_t *map)
{
    char line[64], value[8];
    int number;
    if (!fgets(line, sizeof line, stdin))
        return 0;
    if (sscanf(line, "input %d %7s", &number, value) == 2 && number >= 0 && number < map->nb_input_bits)
        map->tab_input_bits[number] = strcmp(value, "on") == 0;
    puts("set");
    fflush(stdout);
    return 1;
}

static void answer(modbus_t *line, modbus_mapping_t *map)
{
    uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
    int length = modbus_receive(line, request);
    if (length <= 0)
        return; /* another address, or a frame that was cut */
    modbus_reply(line, request, length, map);
    if (request[1] == MODBUS_FC_WRITE_SINGLE_COIL) {
        printf("coil %d %s\n", request[2] << 8 | request[3], request[4] ? "on" : "off");
        fflush(stdout);
    }
}

int main(int count, char **words)
{
    modbus_t *line;
    modbus_mapping_t *map;
    struct pollfd files[2];
    if (count != 4)
        return fprintf(stderr, "usage: %s DEVICE BAUD ADDRESS\n", words[0]), 2;
    line = modbus_new_rtu(words[1], atoi(words[2]), 'N', 8, 1);
    if (!line)
        return fail("modbus_new_rtu");
    if (modbus_set_slave(line, atoi(words[3])) || modbus_connect(line))
        return fail("modbus_connect");
    map = modbus_mapping_new(8, 16, 0, 0);
    if (!map)
        return fail("modbus_mapping_new");
    setvbuf(stdin, NULL, _IONBF, 0);
    files[0].fd = STDIN_FILENO;
    files[1].fd = modbus_get_socket(line);
    files[0].events = files[1].events = POLLIN;
    puts("ready");
    fflush(stdout);
    for (;;) {
        if (poll(files, 2, -1) < 0 && errno != EINTR)
            return fail("poll");
        if (files[0].revents && !take_line(map))
            break;
        if (files[1].revents & POLLIN)
            answer(line, map);
        else if (files[1].revents)
            break;
    }
    modbus_mapping_free(map);
    modbus_close(line);
    modbus_free(line);
    return 0;
}
