using System.Runtime.InteropServices;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Training;
using TorchSharp;
using Xunit.Abstractions;

namespace DistEmbed.Worker.Tests.Training;

public class TorchRuntimeTests(ITestOutputHelper output)
{
    [Fact]
    public void Asking_for_the_same_again_is_fine()
    {
        TorchRuntime.Configure(TorchSetup.Set, 1);
        Assert.Equal(1, torch.get_num_threads());
        Assert.Equal(1, torch.get_num_interop_threads());
    }

    [Fact]
    public void Another_set_or_thread_count_in_the_same_process_is_refused_by_setting()
    {
        InstructionSet other = TorchSetup.Set == InstructionSet.Avx2 ? InstructionSet.Baseline : InstructionSet.Avx2;
        var refused = Assert.Throws<InvalidInputException>(() => TorchRuntime.Configure(other, 3));
        Assert.Equal(["training.instructionSet", "training.torchThreads"], refused.Errors.Select(e => e.Where));
        Assert.Contains("3", refused.Errors[1].What, StringComparison.Ordinal);
        Assert.Equal(1, torch.get_num_threads());
    }

    /// <summary>at::get_cpu_capability() returns a std::string, in libstdc++ a pointer, a length and 16 bytes for short text, through a hidden pointer.</summary>
    [Fact]
    public unsafe void Torch_itself_reports_the_instruction_set()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            output.WriteLine("skipped: the name of the native function is that of Linux on x64");
            return;
        }

        nint library = NativeLibrary.Load("libtorch_cpu.so", typeof(torch).Assembly, null);
        var capability = (delegate* unmanaged<byte*, byte*>)NativeLibrary.GetExport(library, "_ZN2at18get_cpu_capabilityB5cxx11Ev");
        byte* text = stackalloc byte[32];
        capability(text);
        Assert.Equal(TorchSetup.Set == InstructionSet.Avx2 ? "AVX2" : "DEFAULT", Marshal.PtrToStringUTF8(*(nint*)text));
    }
}
