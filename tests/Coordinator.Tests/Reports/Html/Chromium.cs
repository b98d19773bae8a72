using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Reports.Html;

/// <summary>A real browser without a window, where one is installed.</summary>
internal static class Chromium
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(100);
    private static readonly Lazy<string?> s_program = new(Find);

    /// <summary>Whether there is one.</summary>
    public static bool IsThere => s_program.Value is not null;

    /// <summary>Opens a page and returns its document once it is loaded, and what scripts, the page's policy or the parser complained of.</summary>
    public static (string Document, string[] Complaints) Open(string page, int width)
    {
        using var folder = new TempFolder();
        string file = folder.Write("page.html", page);
        (int code, string document, string log) = Run(s_program.Value!,
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", $"--user-data-dir={folder.In("profile")}",
            $"--window-size={width},900", "--enable-logging=stderr", "--v=0", "--dump-dom", new Uri(file).AbsoluteUri);
        Assert.True(code == 0 && document.Contains("<html", StringComparison.Ordinal), $"exit code {code}: {log}");
        return (document, [.. log.Split('\n').Where(line => Regex.IsMatch(line, @":CONSOLE[:(]"))]);
    }

    private static string? Find()
    {
        foreach (string program in new[] { "chromium", "chromium-browser", "google-chrome" })
        {
            try
            {
                if (Run(program, "--version").Code == 0)
                    return program;
            }
            catch (Win32Exception)
            {
                // There is no such program; the next may exist, and else the tests say that they did not run.
            }
        }

        return null;
    }

    private static (int Code, string Output, string Errors) Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
            Assert.True(process.WaitForExit(s_deadline), $"{program} did not end within {s_deadline}");
            Assert.True(Task.WaitAll([output, errors], s_deadline), $"{program} left a process that holds its output");
            return (process.ExitCode, output.Result, errors.Result);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
