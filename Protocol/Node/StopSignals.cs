using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DistEmbed.Protocol.Node;

/// <summary>Ctrl-C and SIGTERM as a request to end well; the second time the process ends at once, as the system does it.</summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly string _notice;
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private long _stoppedAt;

    /// <summary>Listens from now on.</summary>
    /// <param name="notice">What the user is told at the first signal; empty: nothing.</param>
    public StopSignals(string notice)
    {
        _notice = notice;
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _stop.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        // Some senders, timeout(1) among them, signal a process and its group.
        if (_stop.IsCancellationRequested && Stopwatch.GetElapsedTime(_stoppedAt) > TimeSpan.FromSeconds(1))
            return;
        signal.Cancel = true;
        if (_stop.IsCancellationRequested)
            return;
        _stoppedAt = Stopwatch.GetTimestamp();
        if (_notice.Length > 0)
            Console.Error.WriteLine(_notice);
        _stop.Cancel();
    }
}
