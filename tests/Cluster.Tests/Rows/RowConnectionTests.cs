using System.Collections.Concurrent;
using System.Net.Sockets;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node.RowPlane;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Rows;

public sealed class RowConnectionTests
{
    private const int LongRow = 1 << 20;

    /// <summary>A worker that learns of a connection sends at once; the thread that reads may start at any time after that.</summary>
    [Fact]
    public async Task What_is_told_to_a_connection_before_it_runs_arrives_in_order()
    {
        using var sockets = new SocketPair();
        using RowConnection near = SocketPair.Open(sockets.Near, 4, LongRow), far = SocketPair.Open(sockets.Far, 4, LongRow);
        near.Enqueue(1, Push(1, rows: 1)); // short enough to be written by this thread
        near.Enqueue(2, Push(2, rows: 1, table: 1)); // and not
        near.Enqueue(3, Push(3, rows: 2));
        using var received = new BlockingCollection<(int Shard, PushRows Push)>();
        Task reading = Run(far, (shard, message) => received.Add((shard, (PushRows)message)));
        Task writing = Run(near, (_, _) => { });

        for (int step = 1; step <= 3; step++)
        {
            Assert.True(received.TryTake(out (int Shard, PushRows Push) next, Wait.Deadline), $"push {step} did not come");
            Assert.Equal((step, step), (next.Shard, next.Push.Step));
            RowGradients sent = Push(step, step == 3 ? 2 : 1, step == 2 ? 1 : 0).Gradients[0], came = next.Push.Gradients[0];
            Assert.Equal(sent.Rows, came.Rows);
            Assert.True(sent.Values.Span.SequenceEqual(came.Values.Span), $"push {step} has other values");
        }

        near.Dispose();
        await Task.WhenAll(reading, writing).WaitAsync(Wait.Deadline);
    }

    [Fact]
    public async Task A_connection_is_kept_however_long_the_other_end_neither_writes_nor_reads()
    {
        TimeSpan patience = TimeSpan.FromMilliseconds(50);
        using var sockets = new SocketPair();
        RowGreeting.Prepare(sockets.Near, patience);
        using RowConnection near = SocketPair.Open(sockets.Near, 4, LongRow);
        using BlockingCollection<object> received = [], receivedThere = [];
        Task reading = Run(near, (_, message) => received.Add(message));
        near.Enqueue(0, Push(1, rows: 8, table: 1)); // more than the sockets have room for
        // As long as others of this patience take to give up, three times.
        for (int i = 0; i < 3; i++)
        {
            using var silent = new SocketPair();
            RowGreeting.Prepare(silent.Near, patience);
            using var greeting = new RowGreeting(silent.Near, new NetworkStream(silent.Near));
            IOException late = Assert.ThrowsAny<IOException>(greeting.Await);
            Assert.Equal(SocketError.TimedOut, Assert.IsType<SocketException>(late.InnerException).SocketErrorCode);
        }

        using RowConnection far = SocketPair.Open(sockets.Far, 4, LongRow);
        Task readingThere = Run(far, (_, message) => receivedThere.Add(message));
        far.Enqueue(0, new PushAcknowledged(0, 7, 0, 0));
        Assert.True(received.TryTake(out object? acknowledged, Wait.Deadline), "what was written after the silence did not come");
        Assert.Equal(7, Assert.IsType<PushAcknowledged>(acknowledged).Step);
        Assert.True(receivedThere.TryTake(out object? push, Wait.Deadline), "what waited for the other end to read did not come");
        Assert.Equal(8 * LongRow, Assert.IsType<PushRows>(push).Gradients[0].Values.Length);
        near.Dispose();
        await Task.WhenAll(reading, readingThere).WaitAsync(Wait.Deadline);
    }

    private static PushRows Push(int step, int rows, int table = 0)
    {
        float[] values = new float[rows * (table == 0 ? 4 : LongRow)];
        for (int i = 0; i < values.Length; i++)
            values[i] = step + i % 251;
        return new PushRows("w", step, 0, 0, 1, [new RowGradients(table, [.. Enumerable.Range(0, rows)], values)]);
    }

    /// <summary>Runs a connection until it is closed, at either end.</summary>
    private static Task Run(RowConnection connection, Action<int, object> take) => Task.Factory.StartNew(
        () =>
        {
            Exception ended = Assert.ThrowsAny<Exception>(() => connection.Run(take));
            Assert.True(ended is IOException or ObjectDisposedException or SocketException, $"expected the end of the connection, found {ended}");
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
