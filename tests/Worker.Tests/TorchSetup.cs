using System.Runtime.CompilerServices;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Training;

namespace DistEmbed.Worker.Tests;

/// <summary>Whichever test comes first: torch computes as jobs do, with the default instruction set where the processor has it and one thread.</summary>
internal static class TorchSetup
{
    public static InstructionSet Set { get; } = TorchRuntime.Supports(InstructionSet.Avx2) ? InstructionSet.Avx2 : InstructionSet.Baseline;

    [ModuleInitializer]
    public static void Configure() => TorchRuntime.Configure(Set, 1);
}
