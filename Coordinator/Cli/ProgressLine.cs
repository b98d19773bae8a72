using System.Diagnostics;
using Spectre.Console;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Lines at the console, of which the last is on a terminal a passing one that says how far something is.</summary>
internal sealed class ProgressLine
{
    private static readonly TimeSpan s_every = TimeSpan.FromMilliseconds(250);
    private readonly bool _terminal = !Console.IsOutputRedirected;
    private long _shownAt;
    private bool _open;

    private static int Width => Math.Max(20, AnsiConsole.Profile.Width - 1);

    /// <summary>Shows how far it is, if a terminal is there and the last time was some while ago.</summary>
    public void Pass(Func<string> text)
    {
        if (!_terminal || Stopwatch.GetElapsedTime(_shownAt) < s_every)
            return;
        _shownAt = Stopwatch.GetTimestamp();
        string shown = text();
        Console.Out.Write($"\r{(shown.Length > Width ? shown[..Width] : shown.PadRight(Width))}");
        _open = true;
    }

    /// <summary>Writes a line that stays, in the place of the passing one.</summary>
    public void Write(string text)
    {
        if (_open)
            Console.Out.Write($"\r{new string(' ', Width)}\r");
        _open = false;
        Console.Out.WriteLine(text);
    }
}
