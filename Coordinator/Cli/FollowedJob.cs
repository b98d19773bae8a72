using System.Text;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Control;
using DistEmbed.Protocol.Jobs;
using Grpc.Core;
using ClusterStatus = DistEmbed.Coordinator.Control.ClusterStatus;
using EndedJob = DistEmbed.Coordinator.Control.EndedJob;

namespace DistEmbed.Coordinator.Cli;

/// <summary>A job on a coordinator, followed to its end: a line whenever it says something new, and the job's exit code.</summary>
/// <param name="door">The coordinator.</param>
/// <param name="run">Name of the run directory.</param>
/// <param name="patience">How long a coordinator that does not answer, or does not know the run, is tried again: another may take up.</param>
public sealed class FollowedJob(DoorClient door, string run, TimeSpan patience)
{
    private const int IntervalMilliseconds = 500;
    private const string HandedOver = "handed-over";
    private static readonly TimeSpan s_lineEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_retryEvery = TimeSpan.FromSeconds(1);

    private long _shownAt;
    private string _shown = "";
    private long? _lostAt;

    /// <summary>Follows the job.</summary>
    /// <param name="stop">Asks the coordinator to stop the job; it is followed to its end all the same.</param>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    /// <exception cref="IOException">The coordinator is gone, or does not know the run any more.</exception>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var over = new CancellationTokenSource();
        Task stopping = StopWhenAskedAsync(stop, over.Token);
        try
        {
            EndedJob? ended;
            while ((ended = await WatchAsync().ConfigureAwait(false)) is null)
                await Task.Delay(s_retryEvery, CancellationToken.None).ConfigureAwait(false);
            if (ended.Status == "done")
                await ShowResultAsync().ConfigureAwait(false);
            return Tell(ended);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await stopping.ConfigureAwait(false);
        }
    }

    private async Task StopWhenAskedAsync(CancellationToken stop, CancellationToken over)
    {
        var asked = new TaskCompletionSource();
        using (stop.Register(() => asked.TrySetResult()))
        using (over.Register(() => asked.TrySetResult()))
            await asked.Task.ConfigureAwait(false);
        if (!stop.IsCancellationRequested || over.IsCancellationRequested)
            return;
        try
        {
            await door.AskAsync(calls => calls.StopAsync(new StopRequest(), cancellationToken: over).ResponseAsync).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is InvalidInputException or IOException && !over.IsCancellationRequested)
        {
            Console.Error.WriteLine($"error: the job was not stopped: {refused.Message}");
        }
        catch (IOException) when (over.IsCancellationRequested)
        {
            return; // the job ended before the answer came
        }
    }

    /// <summary>Watches until the job ends, or until the coordinator has to be tried again (null).</summary>
    private async Task<EndedJob?> WatchAsync()
    {
        try
        {
            await door.FindActiveAsync().ConfigureAwait(false);
            using AsyncServerStreamingCall<Protocol.Control.ClusterStatus> watch = door.Calls.WatchStatus(new WatchStatusRequest { IntervalMilliseconds = IntervalMilliseconds });
            while (await watch.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
            {
                ClusterStatus status = watch.ResponseStream.Current.FromWire();
                if (status.RunDirectory == run)
                {
                    _lostAt = null;
                    Show(status);
                }
                else if (status.LastEnded is { } ended && ended.RunDirectory == run)
                {
                    if (ended.Status != HandedOver)
                        return ended;
                    Lost($"the coordinator at {door.Address} leaves; another one goes on with {run}", null);
                }
                else
                {
                    Lost($"the coordinator at {door.Address} does not know the run {run} any more; its directory may hold a checkpoint", null);
                }
            }
        }
        catch (IOException none) when (door.HasSeveral)
        {
            Lost(none.Message.TrimEnd('.'), none);
        }
        catch (RpcException failure) when (DoorClient.MayPass(failure))
        {
            Lost($"{(DoorClient.IsGone(failure) ? "no coordinator answers at " : "")}{door.Address}: {failure.Status.Detail.TrimEnd('.')}", failure);
        }
        catch (RpcException failure)
        {
            throw new IOException($"{door.Address}: {failure.Status.Detail} ({failure.StatusCode})", failure);
        }

        return null;
    }

    private void Lost(string what, Exception? cause)
    {
        if (_lostAt is null)
        {
            _lostAt = Environment.TickCount64;
            Console.Error.WriteLine($"Waiting: {what}.");
        }

        if (Environment.TickCount64 - _lostAt >= patience.TotalMilliseconds)
            throw new IOException(what, cause);
    }

    private void Show(ClusterStatus status)
    {
        // What changes by itself is shown every few seconds, what is news at once.
        string news = $"{status.State} {status.Stage} {status.Attempt} {status.Run?.Phase} {status.Run?.Paused} {status.Run?.Best}";
        if (news == _shown && Environment.TickCount64 - _shownAt < s_lineEvery.TotalMilliseconds)
            return;
        (_shown, _shownAt) = (news, Environment.TickCount64);
        Console.Out.WriteLine(ClusterLine.Of(status));
    }

    /// <summary>The scores, which the run's directory has, in the lines of <c>train</c>.</summary>
    private async Task ShowResultAsync()
    {
        try
        {
            byte[] result = [], job = [];
            await door.AskAsync(async calls =>
            {
                result = await RunFileChunks.ReadAsync(calls, run, "result.json").ConfigureAwait(false);
                job = await RunFileChunks.ReadAsync(calls, run, "job.json").ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
            foreach (string line in ResultLines.Of(JobFile.Parse(Encoding.UTF8.GetString(job), "job.json"), RunResult.Of(result, "result.json")))
                Console.Out.WriteLine(line);
        }
        catch (Exception lost) when (lost is InvalidInputException or IOException)
        {
            // The job is done all the same, which is what the exit code is about.
            Console.Error.WriteLine($"warning: the scores could not be fetched: {lost.Message.TrimEnd('.')}. They are in {run}/result.json.");
        }
    }

    private int Tell(EndedJob ended)
    {
        switch (ended.Status)
        {
            case "done":
                Console.Out.WriteLine($"{run} done. tableHash {ended.TableHash}");
                return ExitCode.Done;
            case "interrupted":
                Console.Out.WriteLine($"{run} stopped; a checkpoint is committed. Go on with: distembed submit JOB.json --run-dir {run}");
                return ExitCode.Interrupted;
            default:
                Console.Error.WriteLine($"error: {run} {ended.Status}: {ended.Error}");
                return ExitCode.Failed;
        }
    }
}
