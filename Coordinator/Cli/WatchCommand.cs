using System.CommandLine;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Protocol.Control;
using DistEmbed.Protocol.Node;
using Grpc.Core;
using Spectre.Console;
using ClusterStatus = DistEmbed.Coordinator.Control.ClusterStatus;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed watch</c>: how a cluster stands, again and again.</summary>
internal static class WatchCommand
{
    private const int ScreenMilliseconds = 500, LineMilliseconds = 1000;
    private static readonly TimeSpan s_keyEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_retryEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    public static Command Create()
    {
        var door = new DoorArguments();
        var command = new Command("watch", """
            Shows how a cluster stands, redrawn twice a second: loss, rates, freezing, workers, shards, nodes, and who is being waited for and why. q or Ctrl-C ends it, and
            nothing else. Where the output is no terminal: one line a second. With the addresses of several coordinators it goes on with the one that takes over.

            Examples:
              distembed watch
              distembed watch --address 10.0.0.5:4100
            """);
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            using var signals = new StopSignals("");
            using var quit = CancellationTokenSource.CreateLinkedTokenSource(signals.Token);
            return await client.AskAsync(async _ =>
            {
                try
                {
                    await (Console.IsOutputRedirected ? LinesAsync(client, quit.Token) : ScreenAsync(client, quit)).ConfigureAwait(false);
                }
                catch (Exception ended) when (ended is RpcException or OperationCanceledException && quit.IsCancellationRequested)
                {
                    return ExitCode.Done;
                }

                return ExitCode.Done;
            }).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task LinesAsync(DoorClient door, CancellationToken quit)
    {
        await foreach (ClusterStatus status in StatusesAsync(door, LineMilliseconds, quit).ConfigureAwait(false))
            Console.Out.WriteLine(ClusterLine.Of(status));
    }

    private static Task ScreenAsync(DoorClient door, CancellationTokenSource quit) =>
        AnsiConsole.Live(new Text("")).Overflow(VerticalOverflow.Ellipsis).StartAsync(async screen =>
        {
            Task keys = Console.IsInputRedirected ? Task.CompletedTask : QuitOnKeyAsync(quit);
            try
            {
                await foreach (ClusterStatus status in StatusesAsync(door, ScreenMilliseconds, quit.Token).ConfigureAwait(false))
                    screen.UpdateTarget(new Rows(ClusterView.Lines(status).Select(line => new Text(Cut(line.Text, AnsiConsole.Profile.Width), StyleOf(line.Tone)))));
            }
            finally
            {
                await quit.CancelAsync().ConfigureAwait(false);
                await keys.ConfigureAwait(false);
            }
        });

    private static async IAsyncEnumerable<ClusterStatus> StatusesAsync(
        DoorClient door, int milliseconds, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken quit)
    {
        for (; ; await ActiveAgainAsync(door, quit).ConfigureAwait(false))
        {
            using AsyncServerStreamingCall<Protocol.Control.ClusterStatus> watch = door.Calls.WatchStatus(new WatchStatusRequest { IntervalMilliseconds = milliseconds }, cancellationToken: quit);
            while (await NextAsync(watch).ConfigureAwait(false))
                yield return watch.ResponseStream.Current.FromWire();
            if (!door.HasSeveral)
                yield break;
        }

        async Task<bool> NextAsync(AsyncServerStreamingCall<Protocol.Control.ClusterStatus> watch)
        {
            try
            {
                return await watch.ResponseStream.MoveNext(quit).ConfigureAwait(false);
            }
            catch (RpcException moved) when (door.HasSeveral && DoorClient.MayPass(moved) && !quit.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    private static async Task ActiveAgainAsync(DoorClient door, CancellationToken quit)
    {
        long start = Environment.TickCount64;
        for (; ; )
        {
            try
            {
                await door.FindActiveAsync().ConfigureAwait(false);
                return;
            }
            catch (IOException) when (Environment.TickCount64 - start < s_patience.TotalMilliseconds)
            {
                await Task.Delay(s_retryEvery, quit).ConfigureAwait(false);
            }
        }
    }

    private static async Task QuitOnKeyAsync(CancellationTokenSource quit)
    {
        // The console can only be asked whether a key is there.
        while (!quit.IsCancellationRequested)
        {
            while (Console.KeyAvailable)
            {
                if (Console.ReadKey(intercept: true).Key == ConsoleKey.Q)
                    await quit.CancelAsync().ConfigureAwait(false);
            }

            await Task.Delay(s_keyEvery, CancellationToken.None).ConfigureAwait(false);
        }
    }

    // A text that is too wide would go on in the next line, among the columns.
    private static string Cut(string text, int width) => text.Length <= width ? text : $"{text[..Math.Max(0, width - 1)]}…";

    private static Style StyleOf(ClusterViewTone tone) => tone switch
    {
        ClusterViewTone.Heading => new Style(decoration: Decoration.Bold),
        ClusterViewTone.Warning => new Style(Color.Yellow),
        _ => Style.Plain,
    };
}
