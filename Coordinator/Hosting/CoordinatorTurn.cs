namespace DistEmbed.Coordinator.Hosting;

/// <summary>
/// The turn of a process to coordinate: begins when the cluster says so and the lock of the runs is had, and lasts until the process ends. Whoever coordinated before may
/// still be writing, or stand still and not know that it is no longer a member: the lock is what tells.
/// </summary>
/// <param name="runs">Folder of the runs.</param>
/// <param name="node">Name of this process.</param>
/// <param name="address">Where it is asked.</param>
/// <param name="log">A line for whoever reads the process's output.</param>
/// <param name="failed">Told once why the process cannot coordinate: it has to end.</param>
/// <param name="patience">How long the lock is waited for; null: three minutes, since NFS keeps that of a machine that is gone for one and a half.</param>
public sealed class CoordinatorTurn(string runs, string node, string address, Action<string> log, Action<Exception> failed, TimeSpan? patience = null) : IAsyncDisposable
{
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_check = TimeSpan.FromSeconds(2);

    private readonly TimeSpan _patience = patience ?? TimeSpan.FromMinutes(3);
    private readonly CancellationTokenSource _over = new();
    private Task _running = Task.CompletedTask;
    private RunsLock? _lock;

    /// <summary>The turn has come.</summary>
    /// <param name="awaits">Told what is waited for; null when it waits no longer.</param>
    /// <param name="begin">Called once the lock is had, unless the turn is over by then.</param>
    public void Begin(Action<string?> awaits, Action begin)
    {
        Task before = _running;
        _running = Task.Run(async () =>
        {
            await before.ConfigureAwait(false);
            try
            {
                await RunAsync(awaits, begin).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_over.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // whatever it is, the process ends with it
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failed(exception);
            }
        });
    }

    /// <summary>Waits for the lock no longer. One that is had is kept until the process has ended its job.</summary>
    public void Over() => _over.Cancel();

    /// <summary>Gives the lock back: nothing of this process writes into a run any more. Where that is not known the end of the process gives it back.</summary>
    public void Release()
    {
        _over.Cancel();
        Interlocked.Exchange(ref _lock, null)?.Dispose();
    }

    /// <summary>Ends the turn.</summary>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _over.Dispose();
    }

    private async Task RunAsync(Action<string?> awaits, Action begin)
    {
        long start = Environment.TickCount64;
        bool told = false;
        RunsLock? locked;
        while ((locked = RunsLock.TryTake(runs, node, address)) is null)
        {
            string held = $"{RunsLock.HolderOf(runs)} holds the runs in {runs}";
            if (Environment.TickCount64 - start > _patience.TotalMilliseconds)
                throw new IOException($"{held}. Coordinators with the same --runs belong to one cluster (--seed); give this one other --runs, or end the other.");
            awaits(held);
            if (!told)
                log($"Waiting: {held}.");
            told = true;
            await Task.Delay(s_again, _over.Token).ConfigureAwait(false);
        }

        _lock = locked;
        if (!locked.IsKept)
            log($"warning: the file system of {runs} keeps no locks; a second coordinator with these --runs is kept away by the cluster alone.");
        _over.Token.ThrowIfCancellationRequested();
        awaits(null);
        begin();
        using var ticks = new PeriodicTimer(s_check);
        while (await ticks.WaitForNextTickAsync(_over.Token).ConfigureAwait(false))
        {
            if (locked.IsLost)
                throw new IOException($"{RunsLock.HolderOf(runs)} has taken over the runs in {runs}.");
        }
    }
}
