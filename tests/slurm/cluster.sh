#!/usr/bin/env bash
# A Slurm cluster of this machine alone, for as long as a command runs, without systemd.
#
#   tests/slurm/cluster.sh COMMAND [ARGUMENT...]
#
# Installs slurm-wlm and munge from Debian where they are missing, starts munged, slurmctld and
# slurmd by hand on the loopback interface, runs the command, and takes all of it down again,
# whatever the command or a signal says. A machine that has a configuration of its own is left
# alone. The one GPU of the node is a name for /dev/null: jobs are queued for it, none runs on it.
set -euo pipefail

# Not SLURM_CONF: the steps inside a job look at the default place whatever that says.
conf=/etc/slurm
mark="# AffectMix's test cluster; written and removed by tests/slurm/cluster.sh"
state=/tmp/affectmix-slurm
child=

say() { printf 'affectmix: %s\n' "$*" >&2; }
stop() { say "$@"; exit 1; }

check_machine() {
    local file missing=() package
    for file in $conf/slurm.conf $conf/gres.conf; do
        [ ! -e $file ] || [ "$(head -n 1 $file)" = "$mark" ] \
            || stop "$file is there and not this test's: this machine has a Slurm of its own," \
                "which the test leaves alone. Run it on another one, as in a container."
    done
    for package in slurmctld slurmd munged; do
        command -v $package > /dev/null || missing+=("$package")
    done
    if ((EUID != 0)); then
        ((${#missing[@]} == 0)) || stop "missing: ${missing[*]}. Not root: install them with:" \
            "apt-get install --no-install-recommends slurm-wlm munge"
        stop "a Slurm without systemd writes $conf/slurm.conf and starts daemons: this needs root."
    fi
    if ((${#missing[@]})); then
        say "installing slurm-wlm and munge, as ${missing[*]} are missing"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends slurm-wlm munge > /dev/null
    fi
}

write_configuration() {
    local node memory
    node=$(hostname -s)
    memory=$(awk '/MemTotal/ {print int($2 / 1024 * .9)}' /proc/meminfo)
    rm -rf $state
    mkdir -p $state/controller $state/node $conf
    cat > $conf/gres.conf << END
$mark
NodeName=$node Name=gpu File=/dev/null
END
    # Without cgroups, which a container may lack: jobs are bound to their CPUs by the
    # scheduler's affinity, and looked at every second for the memory that they take.
    cat > $conf/slurm.conf << END
$mark
ClusterName=affectmix
SlurmctldHost=$node(127.0.0.1)
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$state/controller
SlurmdSpoolDir=$state/node
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MpiDefault=none
SwitchType=switch/none
MinJobAge=3600
KillWait=5
ReturnToService=2
GresTypes=gpu
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory Gres=gpu:1 State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=INFINITE State=UP
END
}

start_munged() {
    [ -S /run/munge/munge.socket.2 ] && munge -n > /dev/null 2>&1 && return
    install -d -o munge -g munge -m 755 /run/munge
    runuser -u munge -- "$(command -v munged)" 9>&-
    : > $state/own-munged
}

# Of the daemons that this script started, by the numbers that they wrote down.
end_daemon() {
    local pid
    [ -s "$1" ] || return 0
    pid=$(cat "$1")
    kill "$pid" 2> /dev/null || return 0
    for _ in {1..100}; do
        kill -0 "$pid" 2> /dev/null || return 0
        sleep 0.1
    done
    kill -9 "$pid" 2> /dev/null || true
}

down() {
    local status=$?
    trap - EXIT INT TERM HUP
    [ -z "$child" ] || kill "$child" 2> /dev/null || true
    timeout 20 scancel --full --user root > /dev/null 2>&1 || true
    for _ in {1..40}; do
        [ -n "$(timeout 10 squeue --noheader 2> /dev/null)" ] || break
        sleep 0.5
    done
    end_daemon $state/slurmd.pid
    end_daemon $state/slurmctld.pid
    [ ! -e $state/own-munged ] || end_daemon /run/munge/munged.pid
    if ((status != 0)); then
        for log in slurmctld slurmd; do
            say "the end of $log.log:"
            tail -n 20 $state/$log.log >&2 || true
        done
    fi
    rm -rf $conf/slurm.conf $conf/gres.conf $state
    exit $status
}

wait_until_idle() {
    for _ in {1..120}; do
        [ "$(timeout 10 sinfo --noheader --format %T 2> /dev/null)" = idle ] && return
        sleep 0.5
    done
    stop "the node is not idle after a minute: $(timeout 10 sinfo --long --Node || true)"
}

(($#)) || stop "cluster.sh: say which command to run"
check_machine
exec 9> /run/affectmix-slurm.lock
flock -n 9 || stop "another $0 runs on this machine: wait for its end"
trap down EXIT
trap 'exit 130' INT TERM HUP
end_daemon $state/slurmd.pid # of a run that was killed
end_daemon $state/slurmctld.pid
write_configuration
start_munged
slurmctld -c 9>&-
slurmd -c 9>&-
wait_until_idle
# In the background, so that a signal to this script alone is heard at once.
"$@" 9>&- &
child=$!
wait $child && status=0 || status=$?
child=
exit $status
