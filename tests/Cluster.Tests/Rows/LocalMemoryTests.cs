using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node.RowPlane;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Serialization;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Rows;

/// <summary>Two ends of a local connection, which have the same memory.</summary>
public sealed class LocalMemoryTests : IDisposable
{
    private const int Dimension = 300, Rows = 800; // near a megabyte

    private static readonly PullId s_id = new("w", 1);

    private readonly Socket? _listening;
    private readonly Socket _worker = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Socket _server = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public LocalMemoryTests()
    {
        string address = $"memory.example:{Guid.NewGuid()}";
        _listening = LocalSocket.Listen(address, RowRun.Options());
        if (_listening is null)
            return;
        _worker.Connect(LocalSocket.EndPointOf(address));
        _server.Dispose();
        _server = _listening.Accept();
    }

    public void Dispose()
    {
        _listening?.Dispose();
        _worker.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void A_slot_belongs_to_who_sends_and_then_to_who_receives_until_it_is_returned()
    {
        if (Shared() is not var (worker, server))
            return;
        foreach ((LocalMemory from, LocalMemory to) in new[] { (worker, server), (server, worker) })
        {
            LocalSlot[] slots = [.. Enumerable.Range(0, LocalMemory.Slots).Select(_ => Assert.IsType<LocalSlot>(from.Take(LocalMemory.SlotBytes)))];
            Assert.Null(from.Take(1));
            Assert.Equal(Enumerable.Range(1, LocalMemory.Slots), slots.Select(s => s.Number));
            foreach (LocalSlot slot in slots)
            {
                slot.GetSpan().Fill(slot.Number);
                slot.MarkSent();
                slot.Return();
            }

            Assert.Null(from.Take(1)); // the other side's now
            foreach (int number in Enumerable.Range(1, LocalMemory.Slots))
            {
                LocalSlot received = to.Receive(number, LocalMemory.SlotBytes);
                Assert.Equal(-1, received.GetSpan().IndexOfAnyExcept((float)number));
                received.Hold();
                received.Return();
                Assert.Throws<RowFrameException>(() => to.Receive(number, 4)); // somebody has it still
                received.Return();
                slots[number - 1] = Assert.IsType<LocalSlot>(from.Take(1));
                Assert.Equal(number, slots[number - 1].Number);
            }

            foreach (LocalSlot slot in slots)
                slot.Return();
        }

        Assert.Throws<RowFrameException>(() => server.Receive(0, 4));
        Assert.Throws<RowFrameException>(() => server.Receive(LocalMemory.Slots + 1, 4));
        Assert.Throws<RowFrameException>(() => server.Receive(1, LocalMemory.SlotBytes + 1));
        Assert.Null(worker.Take(LocalMemory.SlotBytes + 1));
        worker.Dispose();
        server.Dispose();
        Assert.Null(worker.Take(4));
        Assert.Throws<ObjectDisposedException>(() => server.Receive(1, 4));
    }

    [Fact]
    public void Memory_stays_for_a_slot_that_is_in_use_and_a_slot_that_is_dropped_comes_back()
    {
        if (Shared() is not var (worker, server))
            return;
        LocalSlot slot = worker.Take(LocalMemory.SlotBytes)!;
        Drop(worker);
        long start = Stopwatch.GetTimestamp();
        LocalSlot? second = null;
        while (second?.Number != 2 && Stopwatch.GetElapsedTime(start) < Wait.Deadline)
        {
            second?.Return();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            second = worker.Take(4);
        }

        Assert.Equal(2, second?.Number);
        worker.Dispose();
        server.Dispose();
        slot.GetSpan().Fill(5);
        second!.GetSpan().Fill(6);
        Assert.Equal((5f, 6f), (slot.GetSpan()[^1], second.GetSpan()[^1]));
        second.Return();
        slot.Return();

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Drop(LocalMemory memory) => Assert.Equal(2, memory.Take(4)!.Number);
    }

    [Fact]
    public void No_other_file_is_taken_for_memory()
    {
        if (Shared() is not var (worker, server))
            return;
        using var folder = new TempFolder();
        using var file = new FileStream(folder.In("memory"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite, 1);
        file.SetLength(2L * LocalMemory.Slots * LocalMemory.SlotBytes + 4096);
        foreach (int number in new[] { (int)file.SafeFileHandle.DangerousGetHandle(), 0, 1_000_000, (int)_worker.Handle })
            Assert.Null(LocalMemory.Open(_server, number));
        worker.Dispose();
        server.Dispose();
    }

    [Theory]
    [InlineData(RowFormat.Full)]
    [InlineData(RowFormat.Half)]
    public void Values_lie_in_slots_where_there_is_one_and_go_through_the_socket_else(RowFormat format)
    {
        if (Shared() is not var (workers, servers))
            return;
        using var worker = new End(_worker, workers);
        using var server = new End(_server, servers);
        for (int round = 0; round < 3; round++)
        {
            // In the second round there is no free slot either way.
            LocalSlot[] taken = round == 1 ? [.. Enumerable.Range(0, LocalMemory.Slots).SelectMany(_ => new[] { workers.Take(4)!, servers.Take(4)! })] : [];
            worker.Connection.Enqueue(3, new PushRows("w", 1, 0, 0, 1, [Scattered(0, Rows), new RowGradients(1, Ids(40), Values(40))]) { Format = format });
            var push = (PushRows)server.Next();
            Assert.Equal([Values(Rows), Values(40)], push.Gradients.Select(g => g.Values.ToArray()));
            Assert.All(push.Gradients, g => Assert.Equal(format == RowFormat.Full && round != 1, LocalSlot.Of(g.Values) is { IsReceived: true }));

            worker.Connection.Enqueue(3, new PullRows(s_id, 1, [new RowIds(0, Ids(Rows)), new RowIds(1, Ids(40))]) { Format = format });
            var pull = (PullRows)server.Next();
            Assert.Equal(format == RowFormat.Full, pull.Into is not null); // halves are yet to be made of what a shard lays
            // As a shard answers: laid where the connection wants it; the last round's second table has a row that is not sent, and lies elsewhere.
            RowValues[] answer = [Laid(pull, 0, Rows), round < 2 ? Laid(pull, 1, 40) : Rented(1, 40) with { Count = 41, Unchanged = [0, 0, 0, 0, 0, 1] }];
            server.Connection.Enqueue(3, new RowsPulled(s_id, 3, 0, 1, answer) { Format = format });
            var pulled = (RowsPulled)worker.Next();
            Assert.Equal([Values(Rows), Values(40)], pulled.Values.Select(v => v.Values.ToArray()));
            Assert.All(pulled.Values, v => Assert.Equal(format == RowFormat.Full && round != 1, LocalSlot.Of(v.Values) is { IsReceived: true }));

            foreach ((LocalMemory sender, Memory<float> values) in new[] { (workers, push.Gradients[0].Values), (servers, pulled.Values[0].Values) })
            {
                // What somebody reads still is not the sender's to write again.
                LocalSlot? free = sender.Take(4);
                Assert.True(round == 1 ? free is null : free!.Number != LocalSlot.Of(values)?.Number, $"round {round}: slot {free?.Number} is given while it is in use");
                free?.Return();
            }

            foreach (Memory<float> values in push.Gradients.Select(g => g.Values).Concat(pulled.Values.Select(v => v.Values)))
                RowMemory.Return(values);
            foreach (LocalSlot slot in taken)
                slot.Return();
        }

        // All is back: what was sent, received, copied and laid.
        Assert.Equal(1, workers.Take(4)?.Number);
        Assert.Equal(1, servers.Take(4)?.Number);
    }

    [Fact]
    public void A_long_frame_without_values_takes_no_slot()
    {
        if (Shared() is not var (workers, servers))
            return;
        using var worker = new End(_worker, workers);
        using var server = new End(_server, servers);
        worker.Connection.Enqueue(3, new PullRows(s_id, 1, [new RowIds(0, Ids(50_000))]));
        Assert.Equal(Ids(50_000), Assert.Single(((PullRows)server.Next()).Tables).Rows);
        worker.Connection.Enqueue(3, new PushRows("w", 1, 0, 0, 1, [])); // and the connection lives
        Assert.IsType<PushRows>(server.Next());
        Assert.Equal(1, workers.Take(4)?.Number);
    }

    [Fact]
    public void What_many_threads_send_arrives_in_order_whichever_of_them_writes_it()
    {
        if (Shared() is not var (workers, servers))
            return;
        using var worker = new End(_worker, workers);
        using var server = new End(_server, servers);
        const int Threads = 4, Each = 300;
        Thread[] senders = [.. Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                // Some are short, some lie in a slot, and some are long and lie elsewhere, so that the connection's own thread writes them.
                object message = (i + t) % 7 == 0 ? new RowsPulled(new PullId($"{t}", i), 3, 0, 1, [Rented(0, Rows)])
                    : (i + t) % 3 == 0 ? new RowsPulled(new PullId($"{t}", i), 3, 0, 1, [InSlot(servers)])
                    : new PushAcknowledged(3, i, t, 0);
                server.Connection.Enqueue(3, message);
            }
        }))];
        foreach (Thread sender in senders)
            sender.Start();
        var next = new long[Threads];
        for (int i = 0; i < Threads * Each; i++)
        {
            (int thread, long number) = worker.Next() switch
            {
                PushAcknowledged acknowledged => (acknowledged.Slice, acknowledged.Step),
                RowsPulled pulled => (int.Parse(pulled.Id.Worker, CultureInfo.InvariantCulture), pulled.Id.Sequence),
                var other => throw new InvalidOperationException($"{other}"),
            };
            Assert.Equal(next[thread]++, number);
        }

        foreach (Thread sender in senders)
            sender.Join();

        static RowValues InSlot(LocalMemory memory)
        {
            if (memory.Take(Rows * Dimension * sizeof(float)) is not { } slot)
                return Rented(0, Rows);
            Values(Rows).CopyTo(slot.Memory);
            return new RowValues(0, 0, Rows, slot.Memory[..(Rows * Dimension)]);
        }
    }

    /// <summary>A worker that has lost its connection may have the answer to what it asked over the old one.</summary>
    [Fact]
    public void What_was_laid_for_another_connection_arrives_too()
    {
        if (Shared() is not var (workers, servers) || LocalMemory.Make() is not { } other)
            return;
        using var worker = new End(_worker, workers);
        using var server = new End(_server, servers);
        LocalSlot slot = other.Take(LocalMemory.SlotBytes)!;
        Values(Rows).CopyTo(slot.Memory);
        other.Dispose(); // the connection is closed, and the answer still there
        server.Connection.Enqueue(3, new RowsPulled(s_id, 3, 0, 1, [new RowValues(0, 0, Rows, slot.Memory[..(Rows * Dimension)])]));
        Assert.Equal(Values(Rows), Assert.Single(((RowsPulled)worker.Next()).Values).Values.ToArray());
    }

    [Fact]
    public void A_frame_that_names_a_slot_without_memory_is_refused()
    {
        if (_listening is null)
            return;
        using RowConnection server = SocketPair.Open(_server, Dimension);
        byte[] frame = new byte[RowFramePrefix.Size];
        new RowFramePrefix(RowFrameKind.PushRows, RowFormat.Full, 0, 0, 4) { Slot = 1 }.Write(frame);
        _worker.Send(frame);
        Assert.Contains("not shared", Assert.Throws<RowFrameException>(() => server.Run((_, _) => { })).Message, StringComparison.Ordinal);
    }

    private static int[] Ids(int count) => [.. Enumerable.Range(0, count)];

    private static float[] Values(int rows) => [.. Enumerable.Range(0, rows * Dimension).Select(i => (float)(i % 256))];

    /// <summary>Gradients of which every second row of a slice's goes to this shard.</summary>
    private static RowGradients Scattered(int table, int rows)
    {
        float[] all = [.. Values(rows).Chunk(Dimension).SelectMany(row => row.Concat(Enumerable.Repeat(-1f, Dimension)))];
        return new RowGradients(table, Ids(rows), all) { Places = [.. Ids(rows).Select(i => 2 * i)] };
    }

    private static RowValues Laid(PullRows pull, int table, int rows)
    {
        Memory<float> place = pull.Into?.Take(3, 0, table, 0, rows) ?? default;
        if (place.IsEmpty)
            return Rented(table, rows);
        Values(rows).CopyTo(place);
        return new RowValues(table, 0, rows, place);
    }

    private static RowValues Rented(int table, int rows)
    {
        Memory<float> values = RowMemory.Rent(rows * Dimension);
        Values(rows).CopyTo(values);
        return new RowValues(table, 0, rows, values);
    }

    private (LocalMemory Worker, LocalMemory Server)? Shared()
    {
        if (_listening is null || LocalMemory.Make() is not { } made)
        {
            Console.WriteLine("Not tested: this system has no memory of this kind.");
            Assert.False(OperatingSystem.IsLinux());
            return null;
        }

        return (made, Assert.IsType<LocalMemory>(LocalMemory.Open(_server, made.Number)));
    }

    private sealed class End : IDisposable
    {
        private readonly BlockingCollection<object> _received = [];
        private readonly Thread _thread;
        private volatile Exception? _ended;

        public End(Socket socket, LocalMemory memory)
        {
            using var greeting = new RowGreeting(socket, new NetworkStream(socket));
            Connection = greeting.Open([Dimension, Dimension], memory);
            _thread = new Thread(() => _ended = Record.Exception(() => Connection.Run((_, message) => _received.Add(message)))) { IsBackground = true };
            _thread.Start();
        }

        public RowConnection Connection { get; }

        public object Next()
        {
            for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Wait.Deadline;)
            {
                Exception? ended = _ended; // before the look: what came before the end is there then
                if (_received.TryTake(out object? message, ended is null ? 100 : 0))
                    return message;
                Assert.True(ended is null, $"expected a message, found {ended}");
            }

            throw new TimeoutException("no message came");
        }

        public void Dispose()
        {
            Connection.Dispose();
            _thread.Join();
            _received.Dispose();
        }
    }
}
